//! Lines of a width. What is to be pasted is never broken.

/// Lines of a width.
#[derive(Debug)]
pub struct Lines {
    width: usize,
    lines: Vec<String>,
}

impl Lines {
    /// None yet.
    pub fn new(width: usize) -> Self {
        Self { width, lines: Vec::new() }
    }

    /// The longest line, but for what cannot be broken.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many lines of a terminal they take: one that is too long takes several.
    pub fn height(&self) -> usize {
        self.lines.iter().map(|line| line.chars().count().div_ceil(self.width).max(1)).sum()
    }

    /// Adds an empty line, unless the last one is.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|last| !last.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// Adds a text, its words on as many lines as it takes; the first begins with `lead`, and the
    /// others are indented as far. A word that is longer than a line stays whole.
    pub fn wrapped(&mut self, lead: &str, text: &str) {
        self.wrap(lead.to_owned(), lead.chars().count(), text);
    }

    /// Adds a text whose lines after the first are indented.
    pub fn hanging(&mut self, indent: usize, text: &str) {
        self.wrap(String::new(), indent, text);
    }

    fn wrap(&mut self, mut line: String, indent: usize, text: &str) {
        let mut length = line.chars().count();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            let word_length = word.chars().count();
            if !is_empty && length + 1 + word_length > self.width {
                self.lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
                (length, is_empty) = (indent, true);
            }
            if !is_empty {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += word_length;
            is_empty = false;
        }
        self.lines.push(line);
    }

    /// Adds lines as they are, indented.
    pub fn verbatim(&mut self, indent: usize, text: &str) {
        self.lines.extend(text.lines().map(|line| format!("{}{line}", " ".repeat(indent))));
    }

    /// Adds other lines.
    pub fn append(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }

    /// All of it, with a line end behind each line.
    pub fn into_text(self) -> String {
        self.lines.into_iter().map(|line| line + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(width: usize, lead: &str, text: &str) -> String {
        let mut lines = Lines::new(width);
        lines.wrapped(lead, text);
        lines.into_text()
    }

    #[test]
    fn words_go_to_the_next_line_indented_as_the_first() {
        assert_eq!(wrapped(12, "- ", "one two three four"), "- one two\n  three four\n");
        assert_eq!(wrapped(12, "", "one two three four"), "one two\nthree four\n");
    }

    #[test]
    fn a_hanging_paragraph_is_indented_after_its_first_line() {
        let mut lines = Lines::new(12);
        lines.hanging(2, "one two three four");
        lines.verbatim(0, "thirteen more");
        assert_eq!(lines.height(), 4);
        assert_eq!(lines.into_text(), "one two\n  three four\nthirteen more\n");
    }

    #[test]
    fn a_long_word_stays_whole() {
        let name = "app.proxy-abc.eu-west-1.rds.amazonaws.com";
        assert_eq!(
            wrapped(12, "  ", &format!("at {name} now")),
            format!("  at\n  {name}\n  now\n")
        );
    }
}
