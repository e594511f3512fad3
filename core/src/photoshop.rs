//! The resources of Photoshop, among which IPTC records travel (Adobe Photoshop File Formats, Image Resource Blocks).

/// What is in the segments that begin with this.
const SIGNATURE: &[u8] = b"Photoshop 3.0\0";

/// Bytes of what a Photoshop segment holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) iptc: usize,
    pub(crate) thumbnail: usize,
    pub(crate) other: usize,
}

impl Resources {
    /// Reads a segment: of each resource `8BIM`, a number, a name padded to even, a length, and data padded to even.
    ///
    /// Data that go on in the next segment count as far as they are here, and there as something else.
    pub(crate) fn parse(segment: &[u8]) -> Self {
        let mut resources = Self::default();
        let mut rest = segment.strip_prefix(SIGNATURE).unwrap_or(segment);
        while let Some((number, length, data)) = next(rest) {
            let (data, behind) = data.split_at(length.min(data.len()));
            *match number {
                0x0404 => &mut resources.iptc,
                0x0409 | 0x040C => &mut resources.thumbnail,
                _ => &mut resources.other,
            } += data.len();
            rest = behind.get(length % 2..).unwrap_or_default();
        }
        resources.other += rest.len();
        resources
    }
}

/// The number of the first resource, its length, and all that follows the length; `None` where there is no resource.
fn next(rest: &[u8]) -> Option<(u16, usize, &[u8])> {
    let (number, rest) = rest.strip_prefix(b"8BIM")?.split_first_chunk()?;
    let name = usize::from(*rest.first()?) + 1;
    let (length, data) = rest.get(name.next_multiple_of(2)..)?.split_first_chunk()?;
    Some((u16::from_be_bytes(*number), u32::from_be_bytes(*length) as usize, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(number: u16, name: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = [b"8BIM", &number.to_be_bytes()[..], &[name.len() as u8], name.as_bytes()].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes.extend((data.len() as u32).to_be_bytes());
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    }

    #[test]
    fn resources_are_told_apart() {
        let (iptc, preview) = (resource(0x0404, "", b"123"), resource(0x040C, "small", &[0; 40]));
        let other = resource(0x03ED, "ab", &[1; 16]);
        let cut = &iptc[..iptc.len() - 2];
        for (parts, [iptc, thumbnail, other]) in [
            (&[&b""[..]][..], [0, 0, 0]),
            (&[&iptc], [3, 0, 0]),
            (&[&other, &iptc, &preview], [3, 40, 16]),
            (&[&iptc, b"more of it"], [3, 0, 10]),
            (&[&other, cut], [2, 0, 16]),
            (&[&iptc[..9]], [0, 0, 9]),
        ] {
            let expected = Resources { iptc, thumbnail, other };
            let segment = [SIGNATURE, &parts.concat()].concat();
            assert_eq!(Resources::parse(&segment), expected, "{}", segment.escape_ascii());
        }
    }
}
