# Settings of a fleet: copy this file, change it, and give it to `ocibench fleet up --settings`.
# Paths are absolute. The other variables and their defaults are in variables.tf.

owner             = "someone@example.org"
region            = "eu-central-1"
availability_zone = "eu-central-1a"

# Debian 12 for amd64 in that region, by its id. To list Debian's own:
#   aws ec2 describe-images --owners 136693071363 --region eu-central-1 \
#     --filters 'Name=name,Values=debian-12-amd64-*' \
#     --query 'sort_by(Images,&CreationDate)[-1].[ImageId,Name]'
ami_id        = "ami-00000000000000000"
instance_type = "c6in.4xlarge"

package_file = "/path/to/ocibench_0.1.0_amd64.deb"
# tar -C ~/.local/share/ocibench/tools -czf /tmp/tools.tar.gz .
# tools_archive_file   = "/tmp/tools.tar.gz"
# session_manager_file = "/tmp/amazon-ssm-agent.deb"

max_hours  = 6
budget_usd = 100
# budget_email = "someone@example.org"

# USD in your region: look them up, they change. Per hour, but gp3_gib_month.
prices = {
  "c6in.4xlarge"     = 1.8144
  "m7i.large"        = 0.12
  public_ipv4        = 0.005
  interface_endpoint = 0.012
  gp3_gib_month      = 0.0952
}
