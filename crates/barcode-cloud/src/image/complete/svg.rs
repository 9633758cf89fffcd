//! SVG: XML up to the end of its root element, which only whitespace, comments and processing
//! instructions may follow. Start and end tags are counted but not compared, because this check
//! does not validate the XML.

#[derive(Debug, Default)]
pub(super) struct Svg {
    state: State,
    /// The number of open elements.
    depth: u64,
    /// Whether the root element has started.
    has_root: bool,
    /// Whether the document is malformed: text or a second element follows the root element, an end
    /// tag has no start tag, or a tag is empty.
    invalid: bool,
    /// Whether the text is UTF-16, which this check does not support.
    unchecked: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Start,
    Text,
    /// After `<`.
    Open,
    /// After `<!`.
    Exclamation,
    Tag {
        is_end: bool,
        quote: Option<u8>,
        previous: u8,
    },
    /// Within `<!DOCTYPE`.
    Declaration {
        /// The number of open brackets.
        brackets: u32,
        quote: Option<u8>,
    },
    /// A comment, a `CDATA` section or a processing instruction.
    UpTo {
        ending: &'static [u8],
        /// The last two bytes.
        last: [u8; 2],
    },
}

impl Svg {
    pub(super) fn push(&mut self, chunk: &[u8]) {
        for byte in chunk {
            if self.invalid || self.unchecked {
                return;
            }
            self.take(*byte);
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        let is_closed = self.has_root && self.depth == 0 && matches!(self.state, State::Text);
        self.unchecked || (is_closed && !self.invalid)
    }

    fn take(&mut self, byte: u8) {
        match &mut self.state {
            State::Start if matches!(byte, 0xfe | 0xff) => self.unchecked = true,
            State::Start | State::Text => self.text(byte),
            State::Open => self.open(byte),
            State::Exclamation => self.state = exclamation(byte),
            State::Tag { is_end, quote, previous } => {
                let is_closing = byte == b'>' && quote.is_none();
                if is_closing {
                    let (is_end, is_empty) = (*is_end, *previous == b'/');
                    return self.tag(is_end, is_empty);
                }
                *previous = byte;
                follow_quote(quote, byte);
            }
            State::Declaration { brackets, quote } => match (byte, &quote) {
                (b'>', None) if *brackets == 0 => self.state = State::Text,
                (b'[', None) => *brackets += 1,
                (b']', None) => *brackets = brackets.saturating_sub(1),
                _ => follow_quote(quote, byte),
            },
            State::UpTo { ending, last } => {
                let recent = [last[0], last[1], byte];
                *last = [last[1], byte];
                if recent.ends_with(ending) {
                    self.state = State::Text;
                }
            }
        }
    }

    fn text(&mut self, byte: u8) {
        let is_after_root = self.has_root && self.depth == 0;
        self.invalid = is_after_root && byte != b'<' && !byte.is_ascii_whitespace();
        self.state = match byte {
            b'<' => State::Open,
            _ => State::Text,
        };
    }

    fn open(&mut self, byte: u8) {
        self.state = match byte {
            b'!' => State::Exclamation,
            b'?' => up_to(b"?>"),
            b'>' => {
                self.invalid = true;
                State::Text
            }
            _ => State::Tag { is_end: byte == b'/', quote: None, previous: byte },
        };
    }

    /// Handles the end of a tag.
    fn tag(&mut self, is_end: bool, is_empty: bool) {
        self.state = State::Text;
        match is_end {
            true => match self.depth.checked_sub(1) {
                Some(depth) => self.depth = depth,
                None => self.invalid = true,
            },
            false => {
                // A document has only one root element.
                self.invalid = self.has_root && self.depth == 0;
                self.has_root = true;
                self.depth += u64::from(!is_empty);
            }
        }
    }
}

/// Returns the state after `<!` and this byte.
fn exclamation(byte: u8) -> State {
    match byte {
        b'-' => up_to(b"-->"),
        b'[' => up_to(b"]]>"),
        _ => State::Declaration { brackets: 0, quote: None },
    }
}

fn up_to(ending: &'static [u8]) -> State {
    State::UpTo { ending, last: [0; 2] }
}

/// Tracks whether the text is quoted, and by which character.
fn follow_quote(quote: &mut Option<u8>, byte: u8) {
    match quote {
        Some(open) if *open == byte => *quote = None,
        None if matches!(byte, b'"' | b'\'') => *quote = Some(byte),
        _ => {}
    }
}
