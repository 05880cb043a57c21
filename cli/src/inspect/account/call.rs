//! The calls that are made, each with the permission that it needs and what it tells.

/// A call of an AWS service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the services' own names")]
pub enum Call {
    GetFunctionConfiguration,
    ListFunctions,
    GetRole,
    SimulatePrincipalPolicy,
    ListRolePolicies,
    GetRolePolicy,
    ListAttachedRolePolicies,
    GetPolicy,
    GetPolicyVersion,
    DescribeDbProxies,
    DescribeDbProxyEndpoints,
    DescribeDbProxyTargets,
    DescribeDbInstances,
    DescribeDbClusters,
    DescribeSecret,
    DescribeKey,
    DescribeSecurityGroups,
    DescribeSubnets,
    DescribeRouteTables,
    DescribeNetworkAcls,
    DescribeVpcAttribute,
    DescribeVpcEndpoints,
    GetCallerIdentity,
}

/// A call that was denied or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Which.
    pub call: Call,
    /// What it was asked about.
    pub about: String,
    /// What was answered instead.
    pub reason: String,
}

impl Call {
    /// The permission that it needs.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
    pub fn permission(self) -> &'static str {
        match self {
            Self::GetFunctionConfiguration => "lambda:GetFunctionConfiguration",
            Self::ListFunctions => "lambda:ListFunctions",
            Self::GetRole => "iam:GetRole",
            Self::SimulatePrincipalPolicy => "iam:SimulatePrincipalPolicy",
            Self::ListRolePolicies => "iam:ListRolePolicies",
            Self::GetRolePolicy => "iam:GetRolePolicy",
            Self::ListAttachedRolePolicies => "iam:ListAttachedRolePolicies",
            Self::GetPolicy => "iam:GetPolicy",
            Self::GetPolicyVersion => "iam:GetPolicyVersion",
            Self::DescribeDbProxies => "rds:DescribeDBProxies",
            Self::DescribeDbProxyEndpoints => "rds:DescribeDBProxyEndpoints",
            Self::DescribeDbProxyTargets => "rds:DescribeDBProxyTargets",
            Self::DescribeDbInstances => "rds:DescribeDBInstances",
            Self::DescribeDbClusters => "rds:DescribeDBClusters",
            Self::DescribeSecret => "secretsmanager:DescribeSecret",
            Self::DescribeKey => "kms:DescribeKey",
            Self::DescribeSecurityGroups => "ec2:DescribeSecurityGroups",
            Self::DescribeSubnets => "ec2:DescribeSubnets",
            Self::DescribeRouteTables => "ec2:DescribeRouteTables",
            Self::DescribeNetworkAcls => "ec2:DescribeNetworkAcls",
            Self::DescribeVpcAttribute => "ec2:DescribeVpcAttribute",
            Self::DescribeVpcEndpoints => "ec2:DescribeVpcEndpoints",
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
        }
    }

    /// What it tells.
    pub fn tells(self) -> &'static str {
        match self {
            Self::GetFunctionConfiguration => "the function's role, subnets and security groups",
            Self::ListFunctions => "which functions there are",
            Self::GetRole => "who may assume the role, and its permissions boundary",
            Self::SimulatePrincipalPolicy => {
                "whether IAM allows what is needed, with the organization's policies"
            }
            Self::ListRolePolicies | Self::GetRolePolicy => "the role's inline policies",
            Self::ListAttachedRolePolicies | Self::GetPolicy | Self::GetPolicyVersion => {
                "the policies that are attached to the role"
            }
            Self::DescribeDbProxies => "the proxy, its secrets and how it authenticates",
            Self::DescribeDbProxyEndpoints => "the endpoints that were added to the proxy",
            Self::DescribeDbProxyTargets => "whether the proxy reaches its databases",
            Self::DescribeDbInstances | Self::DescribeDbClusters => {
                "the database's security groups, port and IAM authentication"
            }
            Self::DescribeSecret => "whether the secret exists, and which key encrypts it",
            Self::DescribeKey => "whether the secret's key is enabled",
            Self::DescribeSecurityGroups => {
                "whether the function may reach the proxy, and the proxy the database"
            }
            Self::DescribeSubnets => "the addresses of function, proxy and database",
            Self::DescribeRouteTables => "whether there is a route from the function",
            Self::DescribeNetworkAcls => "whether network ACLs let packets through",
            Self::DescribeVpcAttribute => "whether the VPC resolves names",
            Self::DescribeVpcEndpoints => "whether the function reaches AWS's services",
            Self::GetCallerIdentity => "which account this is",
        }
    }
}
