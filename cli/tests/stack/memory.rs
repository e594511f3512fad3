//! The function keeps to the memory that AWS gives it, at the least that AWS gives.

use aws_sdk_s3::primitives::ByteStream;
use halver::{Format, Options};
use halver_cli::stack::Notice;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::machine::Machine;

/// The least memory on AWS; a process whose resident pages are more is killed there.
const MEGABYTES: u32 = 128;

/// A baseline JPEG without restart markers `times` as high: its data again and again, as restart intervals (T.81 F.1.1.5.1:
/// each of them begins anew). It is made of whole MCUs of 16×16 pixels.
fn repeated(source: &[u8], times: u16) -> Vec<u8> {
    let find = |marker: u8| source.windows(2).rposition(|pair| pair == [0xFF, marker]).unwrap();
    let (frame, scan, end) = (find(0xC0), find(0xDA), find(0xD9));
    let data = scan + 2 + usize::from(source[scan + 3]);
    let number = |at: usize| u16::from_be_bytes([source[at], source[at + 1]]);
    let (height, width) = (number(frame + 5), number(frame + 7));
    let [high, low] = (height / 16 * (width / 16)).to_be_bytes();
    let mut file = source[..scan].to_vec();
    file[frame + 5..frame + 7].copy_from_slice(&(height * times).to_be_bytes());
    file.extend([0xFF, 0xDD, 0, 4, high, low]);
    file.extend(&source[scan..data]);
    for time in 0..times {
        file.extend(&source[data..end]);
        file.extend([0xFF, 0xD0 + (time % 8) as u8]);
    }
    file.extend([0xFF, 0xD9]);
    file
}

/// Images of every kind, each about as large as may be with so little memory: photographs, 2304 pixels across and so many
/// thousands down, and halves of such.
fn images() -> Vec<(&'static str, Vec<u8>)> {
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/dandelion.jpg");
    let sample = std::fs::read(sample).unwrap();
    let made = |times: u16, options: Options| halver::halve(&repeated(&sample, times), &options).unwrap().bytes;
    let format = |format: Format| Options { format: Some(format.into()), ..Options::default() };
    vec![
        ("baseline.jpg", repeated(&sample, 33)),
        ("progressive.jpg", made(33, Options { progressive: true, ..Options::default() })),
        ("a.png", made(11, format(Format::Png))),
        ("a.webp", made(9, format(Format::WebP))),
        ("a.gif", made(9, format(Format::Gif))),
    ]
}

/// An event with a job for each of the objects `keys` in `bucket`.
fn event(bucket: &str, keys: &[String], quality: u8) -> Value {
    keys.iter().map(|key| json!({ "bucket": bucket, "key": key, "options": { "quality": quality } })).collect()
}

/// Bytes of the function's process that were resident at the peak.
fn peak(machine: &Machine) -> u64 {
    let status = format!("/proc/{}/status", machine.stack.function_pid().unwrap());
    let text = std::fs::read_to_string(&status).unwrap();
    let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    peak.unwrap().parse::<u64>().unwrap() << 10
}

/// What the function holds while it works on ten large images of all kinds in one event, and again on the next event,
/// which finds what the first has left behind.
#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "the peak is read from /proc")]
async fn large_images_of_all_kinds_at_once_stay_within_the_memory() {
    let mut machine = Machine::start_with(|settings| {
        settings.megabytes = MEGABYTES;
        settings.timeout = std::time::Duration::from_secs(600);
    })
    .await;
    for bucket in ["album", "album-resized"] {
        machine.client.create_bucket().bucket(bucket).send().await.unwrap();
    }
    let mut keys = Vec::new();
    for (name, bytes) in images() {
        for time in 0..2 {
            let key = format!("{time}/{name}");
            let put = machine.client.put_object().bucket("album").key(&key);
            put.body(ByteStream::from(bytes.clone())).send().await.unwrap();
            keys.push(key);
        }
    }
    for quality in [80, 70] {
        machine.stack.invoke(to_raw_value(&event("album", &keys, quality)).unwrap());
        for _ in &keys {
            let line = machine.until(|notice| if let Notice::Line(line) = notice { Some(line.clone()) } else { None });
            let line = line.await;
            assert_eq!(line.event, "halved", "{line}");
        }
    }
    let peak = peak(&machine);
    assert!(peak <= u64::from(MEGABYTES) << 20, "{peak} bytes were resident");
    machine.stack.stop().await;
}
