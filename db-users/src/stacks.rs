//! Which stacks the function serves.
//!
//! An event names its own stack, so every principal that may invoke the function can name any stack:
//! this limits what an event may ask for, but does not authenticate it.

use std::fmt;

/// The stacks that the function serves: those of its account and region, by name if names are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stacks {
    /// `arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/`
    prefix: String,
    names: Vec<Name>,
}

/// A stack's name, or how it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Whole(String),
    /// The part before the `*`.
    Beginning(String),
}

impl Stacks {
    /// `function` is the ARN of the function, `names` are separated by commas; one may end in `*`,
    /// since CloudFormation generates the names of nested stacks.
    pub(crate) fn new(function: &str, names: Option<&str>) -> Result<Self, String> {
        let parts: Vec<&str> = function.split(':').collect();
        let ["arn", partition, "lambda", region, account, "function", ..] = parts.as_slice() else {
            return Err(format!(
                "the invocation has no ARN of the function ({function:?}), so its account is unknown"
            ));
        };
        let names = names.unwrap_or_default().split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty()).map(Name::parse).collect();
        let prefix = format!("arn:{partition}:cloudformation:{region}:{account}:stack/");
        Ok(Self { prefix, names })
    }

    /// Whether it serves this stack, by its ARN, `…:stack/NAME/ID`.
    pub(crate) fn has(&self, stack_id: &str) -> bool {
        let Some((name, _)) =
            stack_id.strip_prefix(&self.prefix).and_then(|rest| rest.split_once('/'))
        else {
            return false;
        };
        self.names.is_empty() || self.names.iter().any(|wanted| wanted.is(name))
    }
}

impl Name {
    fn parse(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(beginning) => Self::Beginning(beginning.to_owned()),
            None => Self::Whole(text.to_owned()),
        }
    }

    fn is(&self, name: &str) -> bool {
        match self {
            Self::Whole(whole) => whole == name,
            Self::Beginning(beginning) => name.starts_with(beginning.as_str()),
        }
    }
}

impl fmt::Display for Stacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.names.is_empty() {
            return write!(f, "{}*", self.prefix);
        }
        for (number, name) in self.names.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            let (name, more) = match name {
                Name::Whole(name) => (name, ""),
                Name::Beginning(name) => (name, "*"),
            };
            write!(f, "{separator}{}{name}{more}", self.prefix)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "arn:aws-cn:lambda:cn-north-1:123456789012:function:users:live";

    #[test]
    fn stacks_of_the_own_account_and_region_are_served_and_no_others() {
        let stacks = Stacks::new(FUNCTION, None).unwrap();
        let own = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/app/0a1b";
        assert!(stacks.has(own));
        for other in [
            "",
            "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/app",
            "arn:aws-cn:cloudformation:cn-north-1:210987654321:stack/app/0a1b",
            "arn:aws-cn:cloudformation:cn-northwest-1:123456789012:stack/app/0a1b",
            "arn:aws:cloudformation:cn-north-1:123456789012:stack/app/0a1b",
        ] {
            assert!(!stacks.has(other), "{other}");
        }
    }

    #[test]
    fn listed_names_narrow_that() {
        let stacks = Stacks::new(FUNCTION, Some("app, demo-*")).unwrap();
        let named =
            |name: &str| format!("arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/{name}");
        assert!(stacks.has(&named("app/1")) && stacks.has(&named("demo-Users-1ABC/1")));
        for name in ["app2/1", "demo/1", "other/1", "other/app/1"] {
            assert!(!stacks.has(&named(name)), "{name}");
        }
    }

    #[test]
    fn without_its_own_arn_it_serves_no_stack() {
        for function in ["", "f", "No header lambda-runtime-invoked-function-arn found."] {
            assert!(Stacks::new(function, None).is_err());
        }
    }
}
