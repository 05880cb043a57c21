//! An answer in XML: its elements by name, whatever their namespace.

/// The most elements and texts that are read of one answer: a page of route tables has some
/// thousands.
const NODES: u32 = 500_000;

/// An element.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a>(roxmltree::Node<'a, 'a>);

impl<'a> Node<'a> {
    /// Hands the root element over; `None` if the text is no XML, or too much.
    pub fn read<T>(text: &str, with: impl FnOnce(Node<'_>) -> T) -> Option<T> {
        let options = roxmltree::ParsingOptions {
            nodes_limit: NODES,
            ..roxmltree::ParsingOptions::default()
        };
        let document = roxmltree::Document::parse_with_options(text, options).ok()?;
        Some(with(Node(document.root_element())))
    }

    /// The elements in it.
    pub fn children(self) -> impl Iterator<Item = Node<'a>> {
        self.0.children().filter(roxmltree::Node::is_element).map(Node)
    }

    fn has_name(self, name: &str) -> bool {
        self.0.tag_name().name() == name
    }

    /// The child of this name.
    pub fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.has_name(name))
    }

    /// The first element of this name, at any depth.
    pub fn find(self, name: &str) -> Option<Self> {
        let all = self.0.descendants().filter(roxmltree::Node::is_element);
        all.map(Node).find(|node| node.has_name(name))
    }

    /// The items of a list: all children of the child of this name.
    pub fn items(self, name: &str) -> impl Iterator<Item = Node<'a>> {
        self.child(name).into_iter().flat_map(Node::children)
    }

    /// Its own text.
    pub fn own_text(self) -> Option<&'a str> {
        self.0.text().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text of the child of this name.
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.child(name)?.own_text()
    }

    /// The same as a `String`.
    pub fn string(self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// The same, or nothing.
    pub fn string_or_empty(self, name: &str) -> String {
        self.string(name).unwrap_or_default()
    }

    /// A truth value.
    pub fn is_true(self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text == "true")
    }

    /// A number.
    pub fn number<N: std::str::FromStr>(self, name: &str) -> Option<N> {
        self.text(name)?.parse().ok()
    }

    /// The texts of a list's items.
    pub fn texts(self, name: &str) -> Vec<String> {
        self.items(name).filter_map(Node::own_text).map(str::to_owned).collect()
    }

    /// The texts of this child in a list's items.
    pub fn texts_in(self, name: &str, child: &str) -> Vec<String> {
        self.items(name).filter_map(|item| item.string(child)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_texts_and_numbers_are_found_by_name() {
        let xml = "<r xmlns=\"urn:x\"><a><member>1</member><member> 2 </member></a><b>true</b>\
                   <c><item><d>x</d></item><item/></c></r>";
        let found = Node::read(xml, |root| {
            (
                root.texts("a"),
                root.is_true("b"),
                root.texts_in("c", "d"),
                root.find("d").and_then(Node::own_text).map(str::to_owned),
                root.number::<u16>("b"),
            )
        });
        let texts = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let expected = (texts(&["1", "2"]), true, texts(&["x"]), Some("x".to_owned()), None);
        assert_eq!(found, Some(expected));
    }

    #[test]
    fn hostile_xml_is_refused_without_a_crash() {
        let deep = "<a>".repeat(200_000);
        let wide = format!("<a>{}</a>", "<b/>".repeat(600_000));
        let entity = "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>";
        for text in ["", "{}", "<a", &deep, &wide, entity] {
            assert_eq!(Node::read(text, |_| ()), None);
        }
    }
}
