//! The head of a FLAC file without what is no sound: pictures, cue sheets and tags never stop the reading.

use super::ahead::Ahead;
use crate::error::{Error, Result};

/// Bytes of the block that describes the stream.
const INFO: usize = 34;

/// Takes the head; gives one with the description alone, and the samples it claims to come.
///
/// The claim is left out of the new head, so that it ends nothing.
pub(super) fn head(input: &mut Ahead) -> Result<(Vec<u8>, Option<u64>)> {
    let damaged = || Error::malformed("its FLAC header is damaged or cut off");
    input.skip(4)?;
    let mut info = None;
    loop {
        let header = input.peek(4)?;
        // Sound begins, or no block can be here.
        if header.len() < 4 || header[0] & 0x7f == 0x7f {
            break;
        }
        let (last, kind) = (header[0] & 0x80 != 0, header[0] & 0x7f);
        let size = u64::from(header[1]) << 16 | u64::from(header[2]) << 8 | u64::from(header[3]);
        input.skip(4)?;
        if kind == 0 && info.is_none() && size >= INFO as u64 {
            info = Some(input.take(INFO)?);
            input.skip(size - INFO as u64)?;
        } else {
            input.skip(size)?;
        }
        if last {
            break;
        }
    }
    let mut info = info.filter(|info| info.len() == INFO).ok_or_else(damaged)?;
    let claimed = info[13..18].iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)) & 0xf_ffff_ffff;
    info[13] &= 0xf0;
    info[14..18].fill(0);
    let head = [b"fLaC\x80\0\0".as_slice(), &[INFO as u8], &info].concat();
    Ok((head, Some(claimed).filter(|&claimed| claimed > 0)))
}
