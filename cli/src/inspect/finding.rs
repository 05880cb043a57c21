//! Something that keeps the function from logging in, or may.

/// Something that keeps the function from logging in, or may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What programs know it by.
    pub id: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// What is wrong.
    pub problem: String,
    /// What was read that says so.
    pub evidence: Option<String>,
    /// What to do.
    pub remedy: String,
    /// What to type, each whole.
    pub commands: Vec<String>,
}

/// How sure a finding is, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The function can't log in.
    Certain,
    /// It can't, unless something that was not read says otherwise.
    Likely,
    /// It may fail, or fails at times.
    Possible,
}

impl Certainty {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

impl Finding {
    /// One that is certain, without evidence or commands yet.
    pub fn certain(id: &'static str, problem: String, remedy: String) -> Self {
        let certainty = Certainty::Certain;
        Self { id, certainty, problem, evidence: None, remedy, commands: vec![] }
    }

    /// The same, as sure as this.
    #[must_use]
    pub fn but(self, certainty: Certainty) -> Self {
        Self { certainty, ..self }
    }

    /// The same, with what was read.
    #[must_use]
    pub fn because(self, evidence: String) -> Self {
        Self { evidence: Some(evidence), ..self }
    }

    /// The same, with one more line to type.
    #[must_use]
    pub fn typing(mut self, command: String) -> Self {
        self.commands.push(command);
        self
    }
}
