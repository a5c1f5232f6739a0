//! A Zstandard file as a stream: its frames one after the other.

use std::io::{BufRead, Error, Read, Result};

use ruzstd::decoding::StreamingDecoder;

/// Decompresses while it is read, in the memory of one window.
pub struct Frames<R: BufRead>(State<R>);

enum State<R: BufRead> {
    Between(R),
    Within(Box<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>),
    Failed,
}

impl<R: BufRead> Frames<R> {
    /// Over compressed bytes.
    pub fn new(compressed: R) -> Frames<R> {
        Frames(State::Between(compressed))
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match std::mem::replace(&mut self.0, State::Failed) {
                State::Failed => return Err(Error::other("no Zstandard stream")),
                State::Between(mut source) => {
                    if source.fill_buf()?.is_empty() {
                        self.0 = State::Between(source);
                        return Ok(0);
                    }
                    self.0 = State::Within(Box::new(StreamingDecoder::new(source).map_err(Error::other)?));
                }
                State::Within(mut frame) => match frame.read(buffer)? {
                    0 if !buffer.is_empty() => self.0 = State::Between(frame.into_inner()),
                    read => {
                        self.0 = State::Within(frame);
                        return Ok(read);
                    }
                },
            }
        }
    }
}
