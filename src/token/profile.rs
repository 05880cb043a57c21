//! The profile that the SDK reads, as far as a diagnosis needs it: its name, and where its keys come
//! from. Values of the files are not kept.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

#[expect(deprecated, reason = "the function that takes it asks for this name")]
use aws_config::profile::profile_file::ProfileFiles;
use aws_config::profile::{Profile as Section, ProfileSet, load};
use aws_types::os_shim_internal::{Env, Fs};

/// How many `source_profile`s are followed.
const DEPTH: usize = 8;

/// The profile that is selected, by `AWS_PROFILE` or as the default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The last of its `source_profile`s; itself if it has none.
    pub base: String,
    /// Where the base's keys come from.
    pub source: ProfileSource,
}

/// Where a profile's keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileSource {
    /// The files cannot be read as profiles.
    Unreadable,
    /// No profile has this name.
    Undefined,
    /// IAM Identity Center: `aws sso login`.
    Sso,
    /// A session of the console: `aws login`.
    ConsoleSession,
    /// A command: `credential_process`.
    Process,
    /// A web identity token's file.
    WebIdentity,
    /// Another provider: `credential_source`.
    Provider,
    /// The files themselves: `aws_access_key_id`.
    Keys,
    /// The profile has no settings for keys.
    Nothing,
}

impl Profile {
    /// The one that is selected.
    pub(super) async fn selected() -> Self {
        #[expect(deprecated, reason = "the function that takes it asks for this name")]
        let files = ProfileFiles::default();
        if let Ok(profiles) = load(&Fs::real(), &Env::real(), &files, None).await {
            return Self::of(&profiles);
        }
        let name = Env::real().get("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
        Self { base: name.clone(), name, source: ProfileSource::Unreadable }
    }

    fn of(profiles: &ProfileSet) -> Self {
        let name = profiles.selected_profile();
        let mut base = name;
        for _ in 0..DEPTH {
            let next = profiles.get_profile(base).and_then(|it| it.get("source_profile"));
            match next.filter(|next| *next != base) {
                Some(next) => base = next,
                None => break,
            }
        }
        let source = profiles.get_profile(base).map_or(ProfileSource::Undefined, ProfileSource::of);
        Self { name: name.to_owned(), base: base.to_owned(), source }
    }
}

impl ProfileSource {
    /// Every source.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::Unreadable,
        Self::Undefined,
        Self::Sso,
        Self::ConsoleSession,
        Self::Process,
        Self::WebIdentity,
        Self::Provider,
        Self::Keys,
        Self::Nothing,
    ];

    /// In the SDK's order.
    fn of(profile: &Section) -> Self {
        let settings = [
            ("credential_source", Self::Provider),
            ("web_identity_token_file", Self::WebIdentity),
            ("sso_session", Self::Sso),
            ("sso_start_url", Self::Sso),
            ("login_session", Self::ConsoleSession),
            ("credential_process", Self::Process),
            ("aws_access_key_id", Self::Keys),
        ];
        let found = settings.into_iter().find(|(name, _)| profile.get(name).is_some());
        found.map_or(Self::Nothing, |(_, source)| source)
    }
}
