//! NPZ: NumPy arrays in a ZIP archive, stored as they are (NumPy enhancement proposal 1, "A simple file format"; PKWARE APPNOTE 6.3.10).

use undertone::{Error, ErrorKind, Result};

/// The day that every file in the archive is of: 1 January 1980, the first that ZIP knows.
const DAY: u16 = 0x21;

/// An array; of text each element is as long as the longest.
pub enum Array {
    /// Rows, and how many columns each has.
    F32(Vec<f32>, usize),
    F64(Vec<f64>),
    I64(Vec<i64>),
    Text(Vec<String>),
}

impl Array {
    /// A matrix of rows of so many columns.
    pub fn rows(values: Vec<f32>, columns: usize) -> Array {
        Array::F32(values, columns)
    }

    /// The array as an NPY file, version 1.0.
    fn npy(&self) -> Vec<u8> {
        let (kind, shape, data) = match self {
            Array::F32(values, columns) => {
                let rows = values.len().checked_div(*columns).unwrap_or(0);
                let data: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
                ("<f4".to_string(), format!("({rows}, {columns})"), data)
            }
            Array::F64(values) => {
                let data = values.iter().flat_map(|x| x.to_le_bytes()).collect();
                ("<f8".to_string(), format!("({},)", values.len()), data)
            }
            Array::I64(values) => {
                let data = values.iter().flat_map(|x| x.to_le_bytes()).collect();
                ("<i8".to_string(), format!("({},)", values.len()), data)
            }
            Array::Text(values) => {
                let width = values.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
                let letters = |text: &String| {
                    let padded = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(width);
                    padded.flat_map(u32::to_le_bytes).collect::<Vec<u8>>()
                };
                let data = values.iter().flat_map(letters).collect();
                (format!("<U{width}"), format!("({},)", values.len()), data)
            }
        };
        let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        // The data begin at a multiple of 64 bytes.
        let padding = 64 - (10 + header.len() + 1) % 64;
        header.push_str(&" ".repeat(padding));
        header.push('\n');
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }
}

/// The archive.
///
/// # Errors
/// `TooLarge` from 4 GiB on.
pub fn npz(arrays: &[(&str, Array)]) -> Result<Vec<u8>> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, array) in arrays {
        let (name, data) = (format!("{name}.npy"), array.npy());
        let (at, size) = (fits(archive.len())?, fits(data.len())?);
        // What the file's own header and the directory both say of it.
        let mut entry: Vec<u8> = [20, 0, 0, 0, DAY].into_iter().flat_map(u16::to_le_bytes).collect();
        entry.extend([crc32(&data), size, size].into_iter().flat_map(u32::to_le_bytes));
        entry.extend([name.len() as u16, 0].into_iter().flat_map(u16::to_le_bytes));
        archive.extend(0x0403_4b50_u32.to_le_bytes());
        archive.extend(&entry);
        archive.extend(name.as_bytes());
        archive.extend(&data);
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&entry);
        directory.extend([0u16; 3].into_iter().flat_map(u16::to_le_bytes));
        directory.extend([0, at].into_iter().flat_map(u32::to_le_bytes));
        directory.extend(name.as_bytes());
    }
    let (at, size, count) = (fits(archive.len())?, fits(directory.len())?, arrays.len() as u16);
    archive.extend(directory);
    archive.extend(0x0605_4b50_u32.to_le_bytes());
    archive.extend([0, 0, count, count].into_iter().flat_map(u16::to_le_bytes));
    archive.extend([size, at].into_iter().flat_map(u32::to_le_bytes));
    archive.extend(0u16.to_le_bytes());
    Ok(archive)
}

fn fits(bytes: usize) -> Result<u32> {
    let message = "an NPZ file has less than 4 GiB; process fewer recordings at a time";
    u32::try_from(bytes).map_err(|_| Error::new(ErrorKind::TooLarge, message))
}

/// CRC-32 as ZIP takes it (ISO 3309), by a table.
fn crc32(data: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|byte| {
        (0..8).fold(byte as u32, |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    });
    !data.iter().fold(u32::MAX, |crc, byte| table[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn checksum_and_headers_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let npy = Array::rows(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3).npy();
        assert_eq!(&npy[..8], b"\x93NUMPY\x01\x00");
        let length = 10 + usize::from(u16::from_le_bytes([npy[8], npy[9]]));
        assert_eq!((length % 64, npy.len() - length), (0, 24));
        assert!(
            String::from_utf8_lossy(&npy[10..length])
                .contains("'<f4', 'fortran_order': False, 'shape': (2, 3)")
        );
        let archive =
            npz(&[("a", Array::I64(vec![1])), ("b", Array::Text(vec!["é".into(), "xy".into()]))]).unwrap();
        assert_eq!(
            (&archive[..4], &archive[archive.len() - 22..][..4]),
            (&b"PK\x03\x04"[..], &b"PK\x05\x06"[..])
        );
    }
}
