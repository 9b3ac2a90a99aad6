//! The body of a response: a text, or a long repetition of one, optionally compressed.

use std::convert::Infallible;
use std::io::Write;
use std::iter::{once, repeat_n};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Frame, SizeHint};

/// A long body is written in blocks of about this size.
const BLOCK: usize = 256 * 1024;

/// `before`, then `text` repeated `times`, then `after`. A body without a repetition is in
/// `before`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    before: Bytes,
    text: Bytes,
    times: usize,
    after: Bytes,
    is_compressed_on_the_way: bool,
}

/// The parts of a body in order, created on demand.
pub(crate) type Chunks = Box<dyn Iterator<Item = Bytes> + Send>;

impl Content {
    pub(crate) fn new(text: impl Into<Bytes>) -> Self {
        Self { before: text.into(), ..Self::default() }
    }

    /// Returns `None` if the length does not fit a `usize`.
    pub(crate) fn repeated(before: String, text: String, times: usize, after: String) -> Option<Self> {
        text.len().checked_mul(times)?.checked_add(before.len())?.checked_add(after.len())?;
        let (before, text, after) = (before.into(), text.into(), after.into());
        Some(Self { before, text, times, after, is_compressed_on_the_way: false })
    }

    /// Compresses the body. A repeated body is compressed while it is sent, so that a decompression
    /// bomb of any size needs no memory here.
    pub(crate) fn gzip(self) -> Self {
        if self.is_repeated() {
            return Self { is_compressed_on_the_way: true, ..self };
        }
        let compressed: Vec<u8> = Gzip::new(once(self.before)).flatten().collect();
        Self::new(compressed)
    }

    pub(crate) fn is_repeated(&self) -> bool {
        self.times > 0
    }

    /// Returns the length in bytes, or `None` if it is unknown before the body is sent.
    pub(crate) fn length(&self) -> Option<usize> {
        let length = self.before.len() + self.text.len() * self.times + self.after.len();
        (!self.is_compressed_on_the_way).then_some(length)
    }

    pub(crate) fn into_chunks(self) -> Chunks {
        let is_compressed = self.is_compressed_on_the_way;
        let in_a_block = (BLOCK / self.text.len().max(1)).clamp(1, self.times.max(1));
        let (blocks, rest) = (self.times / in_a_block, self.times % in_a_block);
        let block = if self.is_repeated() { Bytes::from(self.text.repeat(in_a_block)) } else { Bytes::new() };
        let mut last = block.clone();
        last.truncate(self.text.len() * rest);
        let chunks = once(self.before).chain(repeat_n(block, blocks)).chain([last, self.after]);
        let chunks = chunks.filter(|chunk| !chunk.is_empty());
        if is_compressed { Box::new(Gzip::new(chunks)) } else { Box::new(chunks) }
    }

    pub(crate) fn into_body(self) -> Body {
        let left = self.length();
        Body::new(Streamed { chunks: self.into_chunks(), left })
    }

    /// Returns a body without a known length, so that it is sent in chunks.
    pub(crate) fn into_chunked_body(self) -> Body {
        Body::new(Streamed { chunks: self.into_chunks(), left: None })
    }
}

/// Flushes after each chunk. Otherwise a worker would stay busy until a long repetition of one
/// letter has filled a buffer.
struct Gzip<I> {
    chunks: I,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl<I> Gzip<I> {
    fn new(chunks: I) -> Self {
        Self { chunks, encoder: Some(GzEncoder::new(Vec::new(), Compression::default())) }
    }
}

impl<I: Iterator<Item = Bytes>> Iterator for Gzip<I> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let Some(chunk) = self.chunks.next() else {
            return self.encoder.take()?.finish().ok().map(Bytes::from);
        };
        let encoder = self.encoder.as_mut()?;
        // Writing into memory cannot fail.
        encoder.write_all(&chunk).and_then(|()| encoder.flush()).ok()?;
        Some(mem::take(encoder.get_mut()).into())
    }
}

struct Streamed {
    chunks: Chunks,
    /// How many bytes are left, if that is known.
    left: Option<usize>,
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.chunks.next();
        let length = chunk.as_ref().map_or(0, Bytes::len);
        self.left = self.left.map(|left| left.saturating_sub(length));
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.left.and_then(|left| u64::try_from(left).ok());
        left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{BLOCK, Content};

    fn repeated(text: &str, times: usize) -> Content {
        Content::repeated("<".to_owned(), text.to_owned(), times, ">".to_owned()).unwrap()
    }

    fn bytes(content: Content) -> Vec<u8> {
        content.into_chunks().flatten().collect()
    }

    fn unzipped(bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
        plain
    }

    #[test]
    fn a_long_body_has_its_declared_length() {
        let long = "x".repeat(BLOCK + 1);
        for (text, times) in [("ab", 1), ("ab", 3), ("ab", BLOCK / 2), ("ab", BLOCK + 7), ("abc", BLOCK), (&long, 3)] {
            let content = repeated(text, times);
            let expected = format!("<{}>", text.repeat(times));
            assert_eq!(content.length(), Some(expected.len()), "{times}");
            assert!(bytes(content) == expected.as_bytes(), "{times}");
        }
        assert_eq!(bytes(Content::new("text")), b"text");
        assert_eq!(bytes(Content::default()), b"");
        assert!(Content::repeated(String::new(), "ab".to_owned(), usize::MAX, String::new()).is_none());
    }

    #[test]
    fn gzip_is_the_same_text() {
        let short = Content::new("text").gzip();
        assert!(short.length().is_some());
        assert_eq!(unzipped(&bytes(short)), b"text");
        assert_eq!(unzipped(&bytes(Content::default().gzip())), b"");

        let long = repeated("ab", BLOCK).gzip();
        assert_eq!(long.length(), None);
        let compressed = bytes(long);
        assert!(compressed.len() < BLOCK / 50, "{}", compressed.len());
        assert!(unzipped(&compressed) == format!("<{}>", "ab".repeat(BLOCK)).as_bytes());
    }
}
