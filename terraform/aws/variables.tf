# What an operator decides. What is wrong with a value is said by modules/plan, which gets them all.

variable "campaign" {
  type = string
}

variable "run" {
  type = string
}

variable "owner" {
  type = string
}

variable "region" {
  type = string
}

variable "availability_zone" {
  description = "One for all: such as eu-central-1a. Not every instance type is in every zone."
  type        = string
}

variable "ami_id" {
  type = string
}

variable "instance_type" {
  type = string
}

variable "agents" {
  type = map(object({
    tools         = list(string)
    instance_type = optional(string)
    volume_gib    = optional(number, 100)
  }))
}

variable "coordinator" {
  type = object({
    instance_type = optional(string, "m7i.large")
    volume_gib    = optional(number, 50)
  })
  default = {}
}

variable "campaign_file" {
  description = "The campaign, on this machine."
  type        = string
}

variable "package_file" {
  description = "The .deb of ocibench, on this machine."
  type        = string
  validation {
    condition     = startswith(var.package_file, "/")
    error_message = "package_file: an absolute path."
  }
}

variable "tools_archive_file" {
  description = "A .tar.gz of what `ocibench tools install` has installed, on this machine."
  type        = string
  default     = null
  validation {
    condition     = var.tools_archive_file == null ? true : startswith(var.tools_archive_file, "/")
    error_message = "tools_archive_file: an absolute path."
  }
}

variable "session_manager_file" {
  description = "The .deb of Amazon's SSM agent, on this machine; without it nobody can log in."
  type        = string
  default     = null
  validation {
    condition     = var.session_manager_file == null ? true : startswith(var.session_manager_file, "/")
    error_message = "session_manager_file: an absolute path."
  }
}

variable "network_cidr" {
  type    = string
  default = "10.77.0.0/24"
}

variable "endpoints" {
  type    = bool
  default = true
}

variable "ecr_prefix" {
  type    = string
  default = "ocibench"
}

variable "results_bucket" {
  description = "A bucket that outlives the fleet (terraform/results makes one); null: one for this fleet."
  type        = string
  default     = null
}

variable "results_prefix" {
  type    = string
  default = "results"
}

variable "results_days" {
  description = "Results in a bucket of this fleet's own are deleted after so many days."
  type        = number
  default     = 90
}

variable "delete_results" {
  description = "Whether destroying the fleet deletes its own results bucket although results are in it."
  type        = bool
  default     = false
}

variable "volume_iops" {
  description = "Of every gp3 volume. More than 3000 costs more than the estimate says."
  type        = number
  default     = 3000
}

variable "volume_throughput" {
  description = "MiB/s of every gp3 volume. More than 125 costs more than the estimate says."
  type        = number
  default     = 125
}

variable "started_at" {
  type = string
}

variable "max_hours" {
  type    = number
  default = 6
}

variable "power_off_when_done" {
  type    = bool
  default = true
}

variable "prices" {
  type = map(number)
}

variable "budget_usd" {
  type = number
}

variable "budget_email" {
  description = "Who hears when 80 % of budget_usd is spent by what carries this run's tag; null: nobody."
  type        = string
  default     = null
}
