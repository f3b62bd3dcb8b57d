# What a fleet is made of. Everything here is plain data: this module asks nobody and creates nothing.

variable "campaign" {
  description = "Name of the campaign; the first part of every resource's name."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,23}$", var.campaign))
    error_message = "campaign: 1 to 24 of a-z, 0-9 and '-', beginning with a letter."
  }
}

variable "run" {
  description = "Tells this fleet from others of the same campaign, for example its UTC minute, 202611220440."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9]{4,12}$", var.run))
    error_message = "run: 4 to 12 of a-z and 0-9."
  }
}

variable "owner" {
  description = "Whom to ask about these machines: a tag of each."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9 @._+-]{1,64}$", var.owner))
    error_message = "owner: 1 to 64 letters, digits, spaces and @._+-, such as an e-mail address."
  }
}

variable "partition" {
  description = "aws, aws-cn or aws-us-gov."
  type        = string
  default     = "aws"
}

variable "region" {
  type = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: the name of an AWS region, such as eu-central-1."
  }
}

variable "account_id" {
  type = string
  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: 12 digits."
  }
}

variable "ami_id" {
  description = "A Debian 12 image. Pinned: two fleets with one campaign must not differ in it."
  type        = string
  validation {
    condition     = can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "ami_id: ami- and 8 to 17 hexadecimal digits; a name or 'latest' would not pin the image."
  }
}

variable "instance_type" {
  description = "Of every agent that does not say otherwise. Tools are only comparable on one type."
  type        = string
  default     = "c6in.4xlarge"
}

variable "agents" {
  description = "A machine for each: its name is the agent's and the tool's, and tools are what it may run."
  type = map(object({
    tools         = list(string)
    instance_type = optional(string)
    volume_gib    = optional(number, 100)
  }))
  validation {
    condition     = length(var.agents) >= 1 && length(var.agents) <= 64
    error_message = "agents: 1 to 64 machines."
  }
  validation {
    condition     = alltrue([for name in keys(var.agents) : can(regex("^[a-z0-9][a-z0-9-]{0,16}$", name)) && name != "coordinator"])
    error_message = "agents: a name has 1 to 17 of a-z, 0-9 and '-', and is not coordinator."
  }
  validation {
    condition     = alltrue([for agent in var.agents : length(agent.tools) >= 1 && alltrue([for tool in agent.tools : can(regex("^[a-z0-9][a-z0-9-]{0,63}$", tool))])])
    error_message = "agents: each has at least one tool, named as in competitors/."
  }
  validation {
    condition     = alltrue([for agent in var.agents : agent.volume_gib >= 16 && agent.volume_gib <= 16384])
    error_message = "agents: volume_gib is 16 to 16384."
  }
}

variable "coordinator" {
  description = "The machine that plans and keeps the journal; it moves no images."
  type = object({
    instance_type = optional(string, "m7i.large")
    volume_gib    = optional(number, 50)
  })
  default = {}
}

variable "volume" {
  description = "The disk of every machine, as its results tell it. Prices are those of gp3."
  type = object({
    type             = string
    iops             = number
    throughput_mib_s = number
  })
}

variable "campaign_toml" {
  description = "Text of the campaign file."
  type        = string
  validation {
    condition     = length(var.campaign_toml) > 0 && length(var.campaign_toml) <= 6000
    error_message = "campaign_toml: 1 to 6000 characters; user data has a limit of 16 KiB."
  }
}

variable "package" {
  description = "The .deb of ocibench in S3 and its sha256."
  type        = object({ uri = string, sha256 = string })
  validation {
    condition     = can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9/._+~-]+[.]deb$", var.package.uri))
    error_message = "package: uri is s3://BUCKET/KEY.deb."
  }
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.package.sha256))
    error_message = "package: sha256 is 64 hexadecimal digits in lower case, as sha256sum prints them."
  }
}

variable "tools_archive" {
  description = "A .tar.gz in S3 of a folder that `ocibench tools install` has filled; null: what Debian has."
  type        = object({ uri = string, sha256 = string })
  default     = null
  validation {
    condition     = var.tools_archive == null ? true : can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9/._+~-]+[.]tar[.]gz$", var.tools_archive.uri)) && can(regex("^[0-9a-f]{64}$", var.tools_archive.sha256))
    error_message = "tools_archive: uri is s3://BUCKET/KEY.tar.gz, sha256 64 hexadecimal digits in lower case."
  }
}

variable "session_manager_package" {
  description = "The .deb of Amazon's SSM agent in S3, which Debian's images lack; null: no shell on the machines."
  type        = object({ uri = string, sha256 = string })
  default     = null
  validation {
    condition     = var.session_manager_package == null ? true : can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9/._+~-]+[.]deb$", var.session_manager_package.uri)) && can(regex("^[0-9a-f]{64}$", var.session_manager_package.sha256))
    error_message = "session_manager_package: uri is s3://BUCKET/KEY.deb, sha256 64 hexadecimal digits in lower case."
  }
}

variable "debian_packages" {
  description = "Installed on agents without starting their services."
  type        = list(string)
  default     = ["docker-registry", "iproute2", "nginx-light", "procps", "sysstat"]
  validation {
    condition     = alltrue([for name in var.debian_packages : can(regex("^[a-z0-9][a-z0-9+.-]+$", name))])
    error_message = "debian_packages: names of Debian packages."
  }
}

variable "network_cidr" {
  description = "Private IPv4 range of the fleet's own VPC and its one subnet."
  type        = string
  default     = "10.77.0.0/24"
  validation {
    condition     = can(cidrnetmask(var.network_cidr)) && can(regex("^(10[.]|172[.](1[6-9]|2[0-9]|3[01])[.]|192[.]168[.])", var.network_cidr)) && try(tonumber(split("/", var.network_cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.network_cidr)[1]), 99) <= 25
    error_message = "network_cidr: a private IPv4 range of /16 to /25, such as 10.77.0.0/24."
  }
}

variable "endpoints" {
  description = "Reach ECR, S3 and SSM by VPC endpoints instead of the internet gateway. Recorded in the results: it changes every tool's numbers."
  type        = bool
  default     = true
}

variable "ecr_prefix" {
  description = "Where agents may create and delete repositories, each for its own tools; the campaign's registry.target ends in it."
  type        = string
  default     = "ocibench"
  validation {
    condition     = can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", var.ecr_prefix)) && length(var.ecr_prefix) <= 64
    error_message = "ecr_prefix: a repository name, lower case, at most 64 characters."
  }
}

variable "results" {
  description = "Where the coordinator uploads the bundle, and agents what they keep."
  type        = object({ bucket = string, prefix = optional(string, "results") })
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.results.bucket))
    error_message = "results: bucket is the name of an S3 bucket."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9/_=.-]*[A-Za-z0-9]$", var.results.prefix))
    error_message = "results: prefix is the beginning of a key, without a slash at either end."
  }
}

variable "started_at" {
  description = "When the clock of max_hours starts: RFC 3339 in UTC. Given, not taken, so that a second plan is the same."
  type        = string
  validation {
    condition     = can(regex("Z$", var.started_at)) && can(formatdate("YYYY", var.started_at))
    error_message = "started_at: RFC 3339 in UTC, such as 2026-11-22T04:40:00Z."
  }
}

variable "max_hours" {
  description = "No machine lives longer than this."
  type        = number
  default     = 6
  validation {
    condition     = var.max_hours >= 0.5 && var.max_hours <= 72
    error_message = "max_hours: 0.5 to 72."
  }
}

variable "power_off_when_done" {
  description = "A machine whose part is over powers off, which terminates it."
  type        = bool
  default     = true
}

variable "prices" {
  description = "USD: per hour of each instance type, public_ipv4 and interface_endpoint; per month of gp3_gib. Look them up for your region."
  type        = map(number)
  validation {
    condition     = alltrue([for price in var.prices : price >= 0])
    error_message = "prices: none is negative."
  }
  validation {
    condition = alltrue([for type in concat([var.coordinator.instance_type], [for agent in var.agents : coalesce(agent.instance_type, var.instance_type)]) : contains(keys(var.prices), type)])
    # Which one is missing shows only here: a message may use the variable itself.
    error_message = "prices: an instance type of this fleet has no price; known are ${join(", ", keys(var.prices))}."
  }
  validation {
    condition     = alltrue([for name in ["public_ipv4", "interface_endpoint", "gp3_gib_month"] : contains(keys(var.prices), name)])
    error_message = "prices: public_ipv4, interface_endpoint and gp3_gib_month are needed too."
  }
}

variable "budget_usd" {
  description = "The estimate for the whole life of the fleet must stay below."
  type        = number
  validation {
    condition     = var.budget_usd > 0
    error_message = "budget_usd: more than 0."
  }
}
