use super::*;

fn sources(list: &[&str]) -> Vec<Source> {
    list.iter().map(|text| Source::parse(text).unwrap()).collect()
}

fn place(template: &str, source: &str) -> Place {
    let source = Source::parse(source).unwrap();
    Mapping::new(template, Vec::new(), None).unwrap().place(&source.bucket, &source.prefix)
}

fn half(bucket: &str, key: &str) -> Place {
    Place::Source { half: Address { bucket: bucket.into(), key: key.into() } }
}

#[test]
fn halves_go_where_the_template_says() {
    for (template, source, expected) in [
        ("{bucket}-resized", "photos/in/a.jpg", half("photos-resized", "in/a.jpg")),
        ("{bucket}/processed_{key}", "photos/a.jpg", half("photos", "processed_a.jpg")),
        ("{bucket}/halves/{dir}/{stem}.{ext}", "photos/in/a.jpg", half("photos", "halves/in/a.jpg")),
        ("{bucket}/processed_{key}", "photos/processed_a.jpg", Place::AmongHalves),
        (
            "{bucket}-resized/processed_{key}",
            "photos/processed_a.jpg",
            half("photos-resized", "processed_processed_a.jpg"),
        ),
        ("{bucket}-resized", "photos/_halver/failed/a.json", Place::Reserved),
    ] {
        assert_eq!(place(template, source), expected, "{template} of {source}");
    }
    let longest = format!("photos/{}", "k".repeat(1020));
    assert_eq!(place("{bucket}/half_{key}", &longest), Place::KeyTooLong);
}

#[test]
fn a_format_for_all_names_the_extension() {
    let mapping = Mapping::new("{bucket}-resized/{dir}/{stem}.{ext}", Vec::new(), Some(Format::WebP)).unwrap();
    assert_eq!(mapping.place("photos", "in/a.png"), half("photos-resized", "in/a.webp"));
}

#[test]
fn only_sources_are_taken() {
    let mapping = Mapping::new("out", sources(&["photos/in/", "scans"]), None).unwrap();
    let mapping = mapping.filtered(vec!["**/*.{jpg,png}".into()], vec!["**/tmp/**".into()]);
    for (bucket, key, taken) in [
        ("photos", "in/a.jpg", true),
        ("photos", "out/a.jpg", false),
        ("others", "in/a.jpg", false),
        ("scans", "a.png", true),
        ("scans", "a.gif", false),
        ("scans", "x/tmp/a.png", false),
    ] {
        let is_source = matches!(mapping.place(bucket, key), Place::Source { .. });
        assert_eq!(is_source, taken, "{bucket}/{key}");
    }
}

#[test]
fn mappings_that_could_loop_are_refused() {
    let looped = |halves: &str, source: &str| MappingError::Loop { halves: halves.into(), source: source.into() };
    for (template, from, error) in [
        ("{bucket}", &[][..], MappingError::Source),
        ("{bucket}/{key}", &[], MappingError::Source),
        ("{bucket}/{dir}/half_{name}", &[], MappingError::Source),
        ("halves", &[], MappingError::Fixed),
        ("halves/small/{key}", &[], MappingError::Fixed),
        ("halves", &["photos", "halves"], looped("halves/", "halves/")),
        ("{bucket}-resized", &["photos", "photos-resized/in/"], looped("photos-resized/", "photos-resized/in/")),
        ("all/{key}", &["photos/a/", "all/a/b/"], looped("all/a/", "all/a/b/")),
        ("all/b/{dir}/{name}", &["photos", "all/b/c"], looped("all/b/", "all/b/c")),
        ("all/{key}", &["photos/a/", "all/in/"], looped("all/in/", "all/in/")),
        ("{bucket}/x_{key}", &["photos/x_y"], looped("photos/x_", "photos/x_y")),
        ("{bucket}", &["photos/in/"], looped("photos/in/", "photos/in/")),
    ] {
        assert_eq!(Mapping::new(template, sources(from), None), Err(error), "{template} from {from:?}");
    }
}

#[test]
fn mappings_that_cannot_loop_are_taken() {
    for (template, from) in [
        ("{bucket}-resized", &[][..]),
        ("half.{bucket}", &[]),
        ("{bucket}/halves/{key}", &[]),
        ("{bucket}/processed_{key}", &["photos", "scans"]),
        ("halves", &["photos"]),
        ("all/{key}", &["photos/a/"]),
        ("all/{key}", &["photos/a/", "scans/b/"]),
        ("photos/out/{key}", &["photos/in/"]),
        ("photos/out/{key}", &["photos/"]),
        ("photos/out/{key}", &["photos/", "scans/"]),
    ] {
        let mapping = Mapping::new(template, sources(from), None);
        assert!(mapping.is_ok(), "{template} from {from:?}: {mapping:?}");
    }
}

/// Whatever the mapping, what it puts somewhere it would not take from there.
#[test]
fn no_half_is_a_source() {
    let templates = [
        "{bucket}-resized",
        "{bucket}/processed_{key}",
        "{bucket}/h/{dir}/{stem}.{ext}",
        "out/{key}",
        "out/x/{dir}/{name}",
        "photos/y/{key}",
    ];
    let froms: [&[&str]; 6] = [
        &[],
        &["photos"],
        &["photos/in/"],
        &["photos", "out/y/"],
        &["photos/x", "out/x/"],
        &["photos", "photos-resized"],
    ];
    let mut tried = 0;
    for (template, from) in templates.iter().flat_map(|template| froms.iter().map(move |from| (template, from))) {
        let Ok(mapping) = Mapping::new(template, sources(from), None) else { continue };
        for key in ["a.jpg", "in/a.jpg", "x/a.jpg", "y/a", "out/x", "h/in/a.jpg", "processed_a", "x", ""] {
            for bucket in ["photos", "out", "photos-resized"] {
                let Place::Source { half } = mapping.place(bucket, key) else { continue };
                tried += 1;
                // In a row of buckets, each named after the one before, the marks of a half say that it is one.
                let row = from.is_empty() && half.bucket != bucket && *template == "{bucket}-resized";
                let again = mapping.place(&half.bucket, &half.key);
                assert!(
                    row || !matches!(again, Place::Source { .. }),
                    "{template} from {from:?}: {bucket}/{key} → {again:?}"
                );
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn what_names_no_place_is_refused() {
    for (template, error) in [
        ("", MappingError::NoBucket),
        ("{Bucket}-resized", MappingError::Placeholder),
        ("{key}/a", MappingError::BucketPlaceholder),
        ("Photos-{bucket}", MappingError::Character { character: 'P' }),
        ("{bucket}-resized/{stem}", MappingError::Ambiguous),
        ("{bucket}-resized/one", MappingError::Ambiguous),
        ("{bucket}/_halver/{key}", MappingError::Lead),
        ("{bucket}//{key}", MappingError::Lead),
    ] {
        assert_eq!(Mapping::new(template, Vec::new(), None), Err(error), "{template}");
    }
}
