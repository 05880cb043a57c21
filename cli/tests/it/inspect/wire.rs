//! The command against an AWS that answers as the services' references say: by Lambda, IAM, RDS,
//! EC2, Secrets Manager, KMS and STS.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use testkit::aws::{Answer, Asked, Aws};

use super::right::{DBUSER, HOST, KEY, SECRET, allow, policy, trust};
use crate::support::{Vars, Written, run};

const OPTIONS: [&str; 6] = ["inspect", "--function", "orders", "--proxy", "app", "--user"];

fn xml(body: &str) -> Answer {
    Answer::xml(200, body.to_owned())
}

fn json(body: &str) -> Answer {
    Answer::Reply(200, "application/json", body.to_owned())
}

/// `<NAME><item>…</item>…</NAME>`
fn list(name: &str, items: &[String]) -> String {
    let items = items.join("</item><item>");
    format!("<{name}><item>{items}</item></{name}>")
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", text.replace('&', "&amp;").replace('<', "&lt;"))
}

fn elements(all: &[(&str, &str)]) -> String {
    all.iter().map(|(name, text)| element(name, text)).collect()
}

/// Documents come percent-encoded.
fn encoded(document: &str) -> String {
    utf8_percent_encode(document, NON_ALPHANUMERIC).to_string()
}

/// One rule's other side.
fn permission(port: &str, peers: &str) -> String {
    let ports = elements(&[("ipProtocol", "tcp"), ("fromPort", port), ("toPort", port)]);
    format!("<item>{ports}{peers}</item>")
}

fn groups() -> String {
    let from = |id: &str| permission("5432", &list("groups", &[element("groupId", id)]));
    let everywhere = format!(
        "<ipPermissionsEgress><item>{}{}</item></ipPermissionsEgress>",
        element("ipProtocol", "-1"),
        list("ipRanges", &[element("cidrIp", "0.0.0.0/0")])
    );
    let group = |id: &str, inbound: &str| {
        format!("{}<ipPermissions>{inbound}</ipPermissions>{everywhere}", element("groupId", id))
    };
    list(
        "securityGroupInfo",
        &[
            group("sg-function", ""),
            group("sg-proxy", &from("sg-function")),
            group("sg-database", &from("sg-proxy")),
        ],
    )
}

/// The answer for the right account.
fn right(asked: &Asked) -> Answer {
    let unknown = || Answer::xml_error(400, "InvalidAction", &asked.operation);
    let all = [of_function, of_iam, of_rds, of_secret, of_vpc];
    all.iter().find_map(|service| service(asked)).unwrap_or_else(unknown)
}

/// Lambda and STS.
fn of_function(asked: &Asked) -> Option<Answer> {
    Some(match asked.operation.as_str() {
        "/2015-03-31/functions/orders/configuration" => json(&format!(
            r#"{{"FunctionName": "orders", "Role": "arn:aws:iam::123456789012:role/orders",
                "State": "Active", "LastUpdateStatus": "Successful",
                "VpcConfig": {{"SubnetIds": ["subnet-f1"], "SecurityGroupIds": ["sg-function"]}},
                "Environment": {{"Variables": {{"DB_HOST": "{HOST}", "DB_PASSWORD": "canary/word",
                "DATABASE_URL": "postgres://app:canary.word@{HOST}/app", "DB_USER": "app"}}}}}}"#
        )),
        "GetCallerIdentity" => xml("<r><Account>123456789012</Account></r>"),
        _ => return None,
    })
}

/// IAM.
fn of_iam(asked: &Asked) -> Option<Answer> {
    let role = asked.parameter("RoleName").unwrap_or_default();
    let is_own = role == "orders";
    let arn = format!("arn:aws:iam::123456789012:role/{role}");
    Some(match asked.operation.as_str() {
        "GetRole" => {
            let service = if is_own { "lambda.amazonaws.com" } else { "rds.amazonaws.com" };
            let document = encoded(&trust(service));
            xml(&format!(
                "<r><GetRoleResult><Role>{}</Role></GetRoleResult></r>",
                elements(&[("Arn", &arn), ("AssumeRolePolicyDocument", &document)])
            ))
        }
        "ListRolePolicies" => {
            let names =
                "<PolicyNames><member>own</member></PolicyNames><IsTruncated>false</IsTruncated>";
            xml(&format!("<r><x>{names}</x></r>"))
        }
        "GetRolePolicy" => {
            let statements = if is_own {
                allow("rds-db:connect", DBUSER)
            } else {
                let read = allow("secretsmanager:GetSecretValue", SECRET);
                format!("{read}, {}", allow("kms:Decrypt", KEY))
            };
            let document = encoded(&policy("own", &statements).document);
            xml(&format!("<r><x>{}</x></r>", element("PolicyDocument", &document)))
        }
        "ListAttachedRolePolicies" => {
            xml("<r><x><AttachedPolicies/><IsTruncated>false</IsTruncated></x></r>")
        }
        "SimulatePrincipalPolicy" => {
            xml("<r><x><EvaluationResults><member><EvalDecision>allowed</EvalDecision></member>\
             </EvaluationResults></x></r>")
        }
        _ => return None,
    })
}

/// RDS.
fn of_rds(asked: &Asked) -> Option<Answer> {
    Some(match asked.operation.as_str() {
        "DescribeDBProxies" => xml(&format!(
            "<r><x><DBProxies><member>{}<Auth><member>{}</member></Auth><VpcSubnetIds><member>\
             subnet-p1</member></VpcSubnetIds><VpcSecurityGroupIds><member>sg-proxy</member>\
             </VpcSecurityGroupIds></member></DBProxies></x></r>",
            elements(&[
                ("DBProxyName", "app"),
                ("DBProxyArn", "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"),
                ("Status", "available"),
                ("EngineFamily", "POSTGRESQL"),
                ("Endpoint", HOST),
                ("RequireTLS", "true"),
                ("VpcId", "vpc-1"),
                ("RoleArn", "arn:aws:iam::123456789012:role/proxy"),
            ]),
            elements(&[("SecretArn", SECRET), ("IAMAuth", "REQUIRED"), ("UserName", "app")]),
        )),
        "DescribeDBProxyEndpoints" => xml("<r><x><DBProxyEndpoints/></x></r>"),
        "DescribeDBProxyTargets" => {
            xml("<r><x><Targets><member><RdsResourceId>main</RdsResourceId><Port>5432</Port>\
             <Type>RDS_INSTANCE</Type><Role>READ_WRITE</Role><TargetHealth><State>AVAILABLE</State>\
             </TargetHealth></member></Targets></x></r>")
        }
        "DescribeDBInstances" => {
            xml("<r><x><DBInstances><DBInstance><DBInstanceIdentifier>main</DBInstanceIdentifier>\
             <DBInstanceStatus>available</DBInstanceStatus><DbiResourceId>db-ABC</DbiResourceId>\
             <Endpoint><Address>main.abc.eu-west-1.rds.amazonaws.com</Address><Port>5432</Port>\
             </Endpoint><VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>\
             sg-database</VpcSecurityGroupId></VpcSecurityGroupMembership></VpcSecurityGroups>\
             <DBSubnetGroup><VpcId>vpc-1</VpcId><Subnets><Subnet><SubnetIdentifier>subnet-d1\
             </SubnetIdentifier></Subnet></Subnets></DBSubnetGroup></DBInstance></DBInstances></x></r>")
        }
        _ => return None,
    })
}

/// Secrets Manager and KMS.
fn of_secret(asked: &Asked) -> Option<Answer> {
    Some(match asked.operation.as_str() {
        "DescribeSecret" => json(&format!(
            r#"{{"ARN": "{SECRET}", "Name": "app", "KmsKeyId": "{KEY}",
                "VersionIdsToStages": {{"v": ["AWSCURRENT"]}}}}"#
        )),
        "DescribeKey" => json(&format!(
            r#"{{"KeyMetadata": {{"Arn": "{KEY}", "KeyState": "Enabled", "KeyManager": "CUSTOMER"}}}}"#
        )),
        _ => return None,
    })
}

/// EC2.
fn of_vpc(asked: &Asked) -> Option<Answer> {
    Some(match asked.operation.as_str() {
        "DescribeSubnets" => {
            let subnet = |id: &str, cidr: &str| {
                elements(&[("subnetId", id), ("vpcId", "vpc-1"), ("cidrBlock", cidr)])
            };
            let all = [
                subnet("subnet-f1", "10.0.1.0/24"),
                subnet("subnet-p1", "10.0.11.0/24"),
                subnet("subnet-d1", "10.0.21.0/24"),
            ];
            xml(&format!("<r>{}</r>", list("subnetSet", &all)))
        }
        "DescribeSecurityGroups" => xml(&format!("<r>{}</r>", groups())),
        "DescribeRouteTables" => xml("<r><routeTableSet/></r>"),
        "DescribeNetworkAcls" => xml("<r><networkAclSet/></r>"),
        "DescribeVpcEndpoints" => xml("<r><vpcEndpointSet/></r>"),
        "DescribeVpcAttribute" => {
            xml("<r><enableDnsSupport><value>true</value></enableDnsSupport></r>")
        }
        _ => return None,
    })
}

fn keys(aws: &Aws) -> Vars {
    Vars::none()
        .with("AWS_ENDPOINT_URL", format!("http://{}", aws.address))
        .with("AWS_REGION", "eu-west-1")
        .with("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "canary/secret+key=0123456789abcdef")
}

async fn inspect(
    script: impl Fn(&Asked) -> Answer + Clone + Send + Sync + 'static,
    more: &[&str],
) -> (Written, Aws) {
    let aws = Aws::start(script).await;
    let options = [&OPTIONS[..], &["app"], more].concat();
    let written = run(&keys(&aws), &options).await;
    (written, aws)
}

#[tokio::test]
async fn a_right_account_ends_with_status_0() {
    let (written, aws) = inspect(right, &[]).await;
    assert!(written.stdout.contains("Nothing keeps it from logging in."), "{written:?}");
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(0)));
    for asked in aws.asked() {
        let is_reading = ["Get", "List", "Describe", "Simulate", "/"];
        assert!(is_reading.iter().any(|verb| asked.operation.starts_with(verb)), "{asked:?}");
        assert_ne!(asked.operation, "GetSecretValue");
    }
}

#[tokio::test]
async fn what_is_wrong_ends_with_status_1_and_no_secret_is_written() {
    let closed = |asked: &Asked| match asked.operation.as_str() {
        "DescribeSecurityGroups" => {
            xml(&format!("<r>{}</r>", groups().replace("sg-function</g", "sg-x</g")))
        }
        _ => right(asked),
    };
    for form in ["text", "json"] {
        let (written, _aws) = inspect(closed, &["--output", form]).await;
        assert_eq!((written.stderr.as_str(), written.status), ("", Some(1)), "{written:?}");
        assert!(!written.stdout.contains("canary"), "{}", written.stdout);
        let expected = if form == "json" { "\"proxy_inbound\"" } else { "don't let the function" };
        assert!(written.stdout.contains(expected), "{}", written.stdout);
    }
}

#[tokio::test]
async fn every_call_that_is_denied_is_said_with_what_it_would_have_told() {
    let denied = |asked: &Asked| match asked.operation.as_str() {
        "GetCallerIdentity" => right(asked),
        _ if asked.operation.starts_with('/')
            || asked.content_type.as_deref() == Some("application/x-amz-json-1.1") =>
        {
            Answer::json_error(403, "AccessDeniedException", "not authorized")
        }
        _ => Answer::xml_error(403, "AccessDenied", "not authorized"),
    };
    let (written, _aws) = inspect(denied, &[]).await;
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(3)), "{written:?}");
    for permission in ["lambda:GetFunctionConfiguration", "rds:DescribeDBProxies"] {
        assert!(written.stdout.contains(permission), "{}", written.stdout);
    }
    let (written, _aws) = inspect(
        move |asked: &Asked| match asked.operation.as_str() {
            "GetFunctionConfiguration" | "DescribeDBProxies" => right(asked),
            operation if operation.starts_with('/') => right(asked),
            _ => denied(asked),
        },
        &[],
    )
    .await;
    assert_eq!(written.status, Some(3), "{written:?}");
    for permission in [
        "iam:GetRole",
        "iam:SimulatePrincipalPolicy",
        "rds:DescribeDBProxyTargets",
        "secretsmanager:DescribeSecret",
        "ec2:DescribeSubnets",
    ] {
        assert!(written.stdout.contains(permission), "{permission}: {}", written.stdout);
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_answered_with_the_nearest() {
    let (written, _aws) = inspect(
        |asked: &Asked| match asked.operation.as_str() {
            "/2015-03-31/functions/orders/configuration" => {
                Answer::json_error(404, "ResourceNotFoundException", "no")
            }
            "/2015-03-31/functions/" => json(r#"{"Functions": [{"FunctionName": "order"}]}"#),
            "DescribeDBProxies" if asked.parameter("DBProxyName").is_some() => {
                Answer::xml_error(404, "DBProxyNotFoundFault", "no")
            }
            _ => right(asked),
        },
        &[],
    )
    .await;
    let expected = "error: there is no function \"orders\" in eu-west-1; did you mean order?\n\
                    error: there is no proxy \"app\" in eu-west-1; did you mean app?\n";
    assert_eq!((written.stdout.as_str(), written.stderr.as_str()), ("", expected));
    assert_eq!(written.status, Some(2));
}

#[tokio::test]
async fn what_is_throttled_is_asked_again_and_pages_are_followed() {
    let (written, aws) = inspect(
        |asked: &Asked| match asked.operation.as_str() {
            "DescribeSubnets" if asked.before == 0 => {
                Answer::xml_error(503, "RequestLimitExceeded", "slow down")
            }
            "DescribeSecurityGroups" if asked.parameter("NextToken").is_none() => {
                xml("<r><securityGroupInfo/><nextToken>a b</nextToken></r>")
            }
            _ => right(asked),
        },
        &[],
    )
    .await;
    assert_eq!(written.status, Some(0), "{written:?}");
    let next = aws.asked().into_iter().find_map(|asked| asked.parameter("NextToken"));
    assert_eq!(next.as_deref(), Some("a b"));
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_an_unread_call() {
    let (written, _aws) = inspect(
        |asked: &Asked| match asked.operation.as_str() {
            "DescribeDBProxyTargets" => xml("<a><b>"),
            "DescribeSecret" => json("not json"),
            _ => right(asked),
        },
        &[],
    )
    .await;
    assert_eq!(written.status, Some(3), "{written:?}");
    for permission in ["rds:DescribeDBProxyTargets", "secretsmanager:DescribeSecret"] {
        assert!(written.stdout.contains(permission), "{}", written.stdout);
    }
}
