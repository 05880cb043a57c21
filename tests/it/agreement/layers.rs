//! The house rules that no compiler holds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::pages::{in_backticks, rows};
use super::{page, sources};

/// The files whose doc comment gives the order of the modules beside them, from left to right.
const ORDERS: [&str; 9] = [
    "src/lib.rs",
    "cli/src/lib.rs",
    "cli/src/inspect/mod.rs",
    "db-users/src/lib.rs",
    "emulator/src/lib.rs",
    "testkit/src/lib.rs",
    "bench/src/main.rs",
    "bench/src/measure/mod.rs",
    "bench/src/report/mod.rs",
];

/// The longest that a file may be.
const LINES: usize = 360;

/// The modules of a folder, in the order that its first file gives.
struct Layers {
    folder: PathBuf,
    /// How these modules are named in an import: `crate::`, or `crate::measure::`.
    prefix: String,
    order: Vec<String>,
}

/// The paragraph with the arrows in the doc comment of such a file.
fn arrows(root: &str) -> String {
    let text = page(root);
    let docs = text.lines().filter_map(|line| line.strip_prefix("//!"));
    let docs: Vec<&str> = docs.map(str::trim).collect();
    let arrows = docs.split(|line| line.is_empty()).find(|lines| lines.concat().contains('→'));
    arrows.unwrap_or_else(|| panic!("{root} gives no order")).concat()
}

impl Layers {
    /// Reads the order: the names in backticks.
    fn of(root: &str) -> Self {
        let arrows = arrows(root);
        let order = arrows.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let (_, inner) = root.split_once("src/").unwrap();
        let prefix = match inner.rsplit_once('/') {
            Some((module, _)) => format!("crate::{}::", module.replace('/', "::")),
            None => "crate::".to_owned(),
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
        Self { folder: folder.parent().unwrap().to_owned(), prefix, order }
    }

    /// The module that a file belongs to; the first files themselves belong to none.
    fn module_of(&self, path: &Path) -> Option<String> {
        let inner = path.strip_prefix(&self.folder).ok()?;
        let name = inner.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs");
        let is_module = !["lib", "main", "mod", "bin"].contains(&name);
        is_module.then(|| name.to_owned())
    }

    fn rank(&self, module: &str, path: &Path) -> usize {
        let rank = self.order.iter().position(|other| other == module);
        let place = self.folder.display();
        rank.unwrap_or_else(|| panic!("{}: no layer of {place} is {module:?}", path.display()))
    }

    /// The modules that a file imports, by the names that follow the prefix in its code. A list in
    /// braces has no name: each module needs a separate line.
    fn imports(&self, path: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        let mut imports = names_after(&self.prefix, &code);
        if path.parent() == Some(&self.folder) {
            // Up to its tests, where `super` is the file itself.
            let code = code.split("#[cfg(test)]").next().unwrap_or_default();
            imports.extend(names_after("super::", code));
        }
        imports
    }
}

fn names_after(prefix: &str, code: &str) -> Vec<String> {
    code.split(prefix)
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

/// The files of the probe that are in this layer.
fn is_in_layer(path: &Path, layer: &str) -> bool {
    Layers::of("src/lib.rs").module_of(path).as_deref() == Some(layer)
}

#[test]
fn a_layer_imports_only_from_its_left() {
    for root in ORDERS {
        let layers = Layers::of(root);
        for path in sources(&[root.rsplit_once('/').unwrap().0]) {
            let Some(module) = layers.module_of(&path) else { continue };
            let own = layers.rank(&module, &path);
            for import in layers.imports(&path) {
                let other = layers.rank(&import, &path);
                assert!(other <= own, "{} imports from {import}", path.display());
            }
        }
    }
}

#[test]
fn an_order_names_every_module_once_and_no_other() {
    for root in ORDERS {
        let layers = Layers::of(root);
        let files = sources(&[root.rsplit_once('/').unwrap().0]);
        let modules: BTreeSet<_> = files.iter().filter_map(|path| layers.module_of(path)).collect();
        let mut listed = layers.order;
        listed.retain(|module| module != "main");
        let count = listed.len();
        let listed: BTreeSet<_> = listed.into_iter().collect();
        assert_eq!((listed.len(), &listed), (count, &modules), "{root}");
    }
}

#[test]
fn the_architecture_page_gives_the_same_orders() {
    let bare = |text: &str| text.replace(['`', ' ', '\n'], "");
    let architecture = bare(&page("ARCHITECTURE.md"));
    // The emulator's order is that of its table; the parts of the benchmark give theirs alone.
    let elsewhere = ["emulator/src/lib.rs", "bench/src/measure/mod.rs", "bench/src/report/mod.rs"];
    for root in ORDERS.into_iter().filter(|root| !elsewhere.contains(root)) {
        let arrows = arrows(root);
        assert!(architecture.contains(&bare(&arrows)), "{root} has {arrows}");
    }
}

#[test]
fn every_module_has_a_row_in_the_architecture_page() {
    let architecture = page("ARCHITECTURE.md");
    for folder in ["src", "cli/src", "emulator/src", "db-users/src", "testkit/src"] {
        let (_, below) = architecture.split_once(&format!("(`{folder}/`)\n")).expect(folder);
        let section = below.split("\n## ").next().unwrap_or_default();
        let head = if folder == "src" { "| layer" } else { "| module" };
        let listed = in_backticks(rows(section, head).into_iter(), 1);
        let listed: BTreeSet<_> =
            listed.iter().map(|name| name.trim_end_matches('/').to_owned()).collect();
        let mut modules: BTreeSet<_> =
            Layers::of(&format!("{folder}/lib.rs")).order.into_iter().collect();
        if folder != "testkit/src" {
            modules.insert("main".to_owned());
        }
        assert_eq!(listed, modules, "{folder}");
    }
}

#[test]
fn the_benchmark_measures_without_its_report_and_reports_without_measuring() {
    for (folder, other) in
        [("bench/src/measure", "crate::report"), ("bench/src/report", "crate::measure")]
    {
        for path in sources(&[folder]) {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains(other), "{} imports {other}", path.display());
        }
    }
}

#[test]
fn function_and_emulator_share_no_code() {
    for path in sources(&["src"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("rds_proxy_emulator"), "{}", path.display());
    }
    for path in sources(&["emulator/src"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("rds_proxy_probe"), "{}", path.display());
    }
}

#[test]
fn the_emulators_tests_use_no_code_of_the_functions_and_the_testkit_none_of_either() {
    for path in sources(&["emulator/tests", "testkit"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("rds_proxy_probe"), "{}", path.display());
    }
    for path in sources(&["testkit"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("rds_proxy_emulator"), "{}", path.display());
    }
    assert!(!page("testkit/Cargo.toml").contains("path ="), "it depends on neither");
    assert!(!page("emulator/Cargo.toml").contains("path = \"..\""), "it depends on no function");
}

#[test]
fn only_response_serialises() {
    for path in sources(&["src"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let in_response = is_in_layer(&path, "response");
        // Not the trait that unit tests take from mysql_common, which is for packets.
        let text = text.replace("MySerialize", "");
        assert!(in_response || !text.contains("Serialize"), "{}", path.display());
    }
}

#[test]
fn tls_knows_no_engine() {
    for path in sources(&["src"]).into_iter().filter(|path| is_in_layer(path, "tls")) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("Engine"), "{}", path.display());
    }
}

#[test]
fn a_token_is_revealed_only_by_the_command_that_prints_it() {
    let users: Vec<_> = sources(&["src", "cli/src", "db-users/src"])
        .into_iter()
        .filter(|path| std::fs::read_to_string(path).unwrap().contains(".reveal()"))
        .collect();
    assert_eq!(users.len(), 1, "{users:?}");
    assert!(users[0].ends_with("cli/src/token.rs"));
}

#[test]
fn the_command_line_shares_no_code_with_the_emulator_and_is_built_without_lambda() {
    for path in sources(&["cli/src"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("rds_proxy_emulator"), "{}", path.display());
    }
    let manifest = page("cli/Cargo.toml");
    let library = manifest.lines().find(|line| line.starts_with("rds-proxy-probe ")).unwrap();
    assert!(library.contains("default-features = false"), "{library}");
}

#[test]
fn the_token_is_exposed_in_the_login_of_each_engine_alone() {
    let users: Vec<_> = sources(&["src"])
        .into_iter()
        .filter(|path| !is_in_layer(path, "token"))
        .filter(|path| std::fs::read_to_string(path).unwrap().contains(".expose()"))
        .collect();
    let logins = ["session/mysql/login.rs", "session/postgres/startup.rs"];
    assert_eq!(users.len(), logins.len(), "{users:?}");
    assert!(users.iter().zip(logins).all(|(user, login)| user.ends_with(login)), "{users:?}");
}

#[test]
fn every_file_says_what_it_is_and_stays_short() {
    let folders = [
        "src",
        "cli",
        "db-users",
        "bench/src",
        "emulator/src",
        "testkit",
        "tests",
        "emulator/tests",
        "examples",
    ];
    for path in sources(&folders) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} has no header", path.display());
        let lines = text.lines().count();
        assert!(lines <= LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn the_two_commands_stand_in_the_readme() {
    let readme = page("README.md");
    assert!(readme.contains("make demo") && readme.contains("make test"));
}
