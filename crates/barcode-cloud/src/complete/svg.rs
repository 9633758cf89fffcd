//! SVG: XML up to the end of its root element, after which only space, comments and processing instructions come. Tags are
//! counted, not compared: whether the XML is valid is for its readers to say.

#[derive(Debug, Default)]
pub(super) struct Svg {
    state: State,
    /// Elements that are open.
    depth: u64,
    /// The root element was opened.
    begun: bool,
    /// Something other than space follows the root element, or an element ends that did not begin.
    invalid: bool,
    /// The text is UTF-16, which this does not read.
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
    /// Within `<!DOCTYPE` and so many brackets.
    Declaration {
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
    pub(super) fn push(&mut self, piece: &[u8]) {
        for byte in piece {
            if self.invalid || self.unchecked {
                return;
            }
            self.take(*byte);
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        let is_closed = self.begun && self.depth == 0 && matches!(self.state, State::Text);
        self.unchecked || (is_closed && !self.invalid)
    }

    fn take(&mut self, byte: u8) {
        match &mut self.state {
            State::Start if matches!(byte, 0xfe | 0xff) => self.unchecked = true,
            State::Start | State::Text => self.text(byte),
            State::Open => self.open(byte),
            State::Exclamation => self.state = exclamation(byte),
            State::Tag {
                is_end,
                quote,
                previous,
            } => {
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
                let seen = [last[0], last[1], byte];
                *last = [last[1], byte];
                if seen.ends_with(ending) {
                    self.state = State::Text;
                }
            }
        }
    }

    fn text(&mut self, byte: u8) {
        let is_after_root = self.begun && self.depth == 0;
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
            _ => State::Tag {
                is_end: byte == b'/',
                quote: None,
                previous: byte,
            },
        };
    }

    /// A tag is over.
    fn tag(&mut self, is_end: bool, is_empty: bool) {
        self.state = State::Text;
        match is_end {
            true => match self.depth.checked_sub(1) {
                Some(depth) => self.depth = depth,
                None => self.invalid = true,
            },
            false => {
                // There is one root.
                self.invalid = self.begun && self.depth == 0;
                self.begun = true;
                self.depth += u64::from(!is_empty);
            }
        }
    }
}

/// What begins with `<!` and this byte.
fn exclamation(byte: u8) -> State {
    match byte {
        b'-' => up_to(b"-->"),
        b'[' => up_to(b"]]>"),
        _ => State::Declaration {
            brackets: 0,
            quote: None,
        },
    }
}

fn up_to(ending: &'static [u8]) -> State {
    State::UpTo {
        ending,
        last: [0; 2],
    }
}

/// Opens or closes a quoted text.
fn follow_quote(quote: &mut Option<u8>, byte: u8) {
    match quote {
        Some(open) if *open == byte => *quote = None,
        None if matches!(byte, b'"' | b'\'') => *quote = Some(byte),
        _ => {}
    }
}
