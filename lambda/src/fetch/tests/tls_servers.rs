//! The fetcher against servers that speak TLS, whose certificates this file makes.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;

/// A server at a free port that proves to be `images.example` and speaks `protocol`, once; what trusts it; its port.
async fn server(protocol: &'static str) -> (tls::TlsContext, u16) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["images.example".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let mut config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
    config.alpn_protocols = vec![protocol.into()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // Clients that do not trust the server end the handshake.
        let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else { return };
        if protocol == "h2" {
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let (_, mut answer) = connection.accept().await.unwrap().unwrap();
            let mut body = answer.send_response(http::Response::new(()), false).unwrap();
            body.send_data("hello".into(), true).unwrap();
            while connection.accept().await.is_some() {}
        } else {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await.unwrap();
        }
    });
    let roots = tls::TrustStore::empty().with_pem_certificate(cert.pem());
    (tls::TlsContext::builder().with_trust_store(roots).build().unwrap(), port)
}

#[tokio::test]
async fn servers_are_believed_by_their_certificate_alone() {
    let loopback = Known(vec![Ipv4Addr::LOCALHOST.into()]);
    for (host, trusted, protocol, expected) in [
        ("images.example", true, "http/1.1", Ok("hello")),
        ("images.example", true, "h2", Ok("hello")),
        ("other.example", true, "http/1.1", Err("not valid for name")),
        ("127.0.0.1", true, "http/1.1", Err("not valid for name")),
        ("images.example", false, "http/1.1", Err("invalid peer certificate")),
    ] {
        let (trust, port) = server(protocol).await;
        let (other, _) = server(protocol).await;
        let roots = if trusted { trust } else { other };
        let fetcher = Fetcher::with(UrlPolicy::Unrestricted, loopback.clone(), roots);
        let result = fetcher.get(&format!("https://{host}:{port}/a?secret"), 5, far()).await;
        match (result, expected) {
            (Ok(bytes), expected) => assert_eq!(Ok(&bytes[..]), expected.map(str::as_bytes), "{host} {protocol}"),
            (Err(error), expected) => {
                assert_eq!((error.code(), error.is_transient()), ("url-certificate", false), "{host}: {error}");
                assert!(expected.is_err_and(|cause| error.detail.contains(cause)), "{host}: {error}");
            }
        }
    }
}
