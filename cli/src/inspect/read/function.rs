//! A function's configuration, by Lambda.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>

use serde_json::Value;

use super::Reader;
use super::variables;
use crate::inspect::account::{Answer, Call, Function};
use crate::inspect::aws::Service;

const PATH: [&str; 2] = ["2015-03-31", "functions"];

impl Reader<'_> {
    pub(super) async fn function(&self, name: &str) -> Answer<Function> {
        let [version, functions] = PATH;
        let parts = [version, functions, name, "configuration"];
        let answer = self.client.get(Service::Lambda, &parts, "").await;
        match self.note(Call::GetFunctionConfiguration, name, answer) {
            Answer::Known(value) => {
                Answer::Known(function(&value, self.client.region.dns_suffix()))
            }
            Answer::Absent => Answer::Absent,
            Answer::Unknown => Answer::Unknown,
        }
    }

    /// The first names, for what a wrong one may have meant.
    pub(super) async fn function_names(&self) -> Vec<String> {
        let [version, functions] = PATH;
        let parts = [version, functions, ""];
        let answer = self.client.get(Service::Lambda, &parts, "").await;
        let answer = self.note(Call::ListFunctions, "all", answer);
        let all = answer.known().and_then(|value| value.get("Functions")?.as_array());
        let names = all.into_iter().flatten().filter_map(|it| text(it, "FunctionName"));
        names.collect()
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn function(value: &Value, dns_suffix: &str) -> Function {
    let texts = |key: &str| {
        let all = value.get("VpcConfig").and_then(|vpc| vpc.get(key)?.as_array());
        let all = all.into_iter().flatten().filter_map(Value::as_str);
        all.map(str::to_owned).collect::<Vec<_>>()
    };
    let environment = value.get("Environment").and_then(|it| it.get("Variables")?.as_object());
    let pairs = environment.into_iter().flatten();
    let pairs = pairs.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    Function {
        name: text(value, "FunctionName"),
        role_arn: text(value, "Role"),
        subnet_ids: texts("SubnetIds"),
        security_group_ids: texts("SecurityGroupIds"),
        state: text(value, "State"),
        state_reason: text(value, "StateReason"),
        last_update: text(value, "LastUpdateStatus"),
        last_update_reason: text(value, "LastUpdateStatusReason"),
        variables: variables::of(pairs, dns_suffix),
    }
}
