//! The boxes of MP4 and QuickTime: what stands in a slice, however wrong the sizes are.

/// A box: its four letters and its body.
pub(super) type Part<'a> = ([u8; 4], &'a [u8]);

/// The boxes in a slice; one that claims more than there is ends with it.
pub(super) fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = Part<'_>> {
    std::iter::from_fn(move || {
        let (name, header, size) = header(bytes)?;
        let size = size.unwrap_or(bytes.len() as u64).min(bytes.len() as u64) as usize;
        let body = &bytes[header.min(size)..size];
        bytes = &bytes[size..];
        Some((name, body))
    })
}

/// A box's name, the size of its header, and the size of all of it; no size means to the end.
pub(super) fn header(bytes: &[u8]) -> Option<([u8; 4], usize, Option<u64>)> {
    let name = bytes.get(4..8)?.try_into().ok()?;
    match number(bytes, 0, 4)? {
        0 => Some((name, 8, None)),
        1 => number(bytes, 8, 8).filter(|&size| size >= 16).map(|size| (name, 16, Some(size))),
        size if size >= 8 => Some((name, 8, Some(size))),
        _ => None,
    }
}

/// The body of the first box of this name.
pub(super) fn first<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(found, _)| found == name).map(|(_, body)| body)
}

/// The body of a box inside boxes.
pub(super) fn inside<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, name| first(bytes, name))
}

/// A number of `n` bytes, the largest first.
pub(super) fn number(bytes: &[u8], at: usize, n: usize) -> Option<u64> {
    let part = bytes.get(at..at.checked_add(n)?)?;
    Some(part.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

/// The same of 4 bytes, 0 where there are none.
pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    number(bytes, at, 4).unwrap_or(0) as u32
}

/// The entries of a table that claims how many it has at `at`, and has as many as there are bytes.
pub(super) fn table(bytes: &[u8], at: usize, width: usize) -> impl Iterator<Item = &[u8]> {
    let claimed = word(bytes, at) as usize;
    bytes.get(at + 4..).unwrap_or_default().chunks_exact(width).take(claimed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_box_that_claims_too_much_ends_where_the_bytes_end() {
        let bytes = [&[0, 0, 0, 10][..], b"freeab", &[0, 0, 1, 0], b"moovcd"].concat();
        let found: Vec<Part<'_>> = boxes(&bytes).collect();
        assert_eq!(found, [(*b"free", &b"ab"[..]), (*b"moov", b"cd")]);
        assert_eq!(boxes(&[0, 0, 0, 3, 1, 2, 3, 4, 5]).count(), 0);
        assert_eq!(header(&[0, 0, 0, 0, b'm', b'd', b'a', b't']), Some((*b"mdat", 8, None)));
    }
}
