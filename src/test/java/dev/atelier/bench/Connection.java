package dev.atelier.bench;

import dev.atelier.Administrator;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One kept connection of HTTP/1.1. Client and portal share the machine, so what the client does is
 * in every figure: this one writes bytes that are ready and skips what it is not asked to keep.
 */
final class Connection implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;
    private final URI portal;

    Connection(URI portal) throws IOException {
        this.portal = portal;
        socket = new Socket(portal.getHost(), portal.getPort());
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
    }

    /** Status and, where it was asked for, body of an answer. */
    record Answer(int status, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** A whole request of the administrator: head and body. */
    static byte[] request(URI portal, String method, String path, String headers, byte[] body) {
        return anybody(
                portal,
                method,
                path,
                "Authorization: " + Administrator.AUTHORIZATION + "\r\n" + headers,
                body);
    }

    /** A whole request of nobody but whom its headers name. */
    static byte[] anybody(URI portal, String method, String path, String headers, byte[] body) {
        var head =
                "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%sContent-Length: %d\r\n\r\n"
                        .formatted(
                                method,
                                path,
                                portal.getHost(),
                                portal.getPort(),
                                headers,
                                body.length)
                        .getBytes(StandardCharsets.US_ASCII);
        var all = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    /** The status of an answer whose body nobody reads. */
    int get(String path) throws IOException {
        return status(request(portal, "GET", path, "Accept: text/html, */*\r\n", new byte[0]));
    }

    int status(byte[] request) throws IOException {
        return ask(request, false).status;
    }

    Answer ask(byte[] request) throws IOException {
        return ask(request, true);
    }

    private Answer ask(byte[] request, boolean keep) throws IOException {
        socket.getOutputStream().write(request);
        var first = line();
        int length = 0;
        boolean chunked = false;
        String header;
        while (!(header = line()).isEmpty()) {
            if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).strip());
            } else if (header.regionMatches(true, 0, "transfer-encoding:", 0, 18)) {
                chunked = true;
            }
        }
        var body = new ByteArrayOutputStream(0);
        if (chunked) {
            int chunk;
            do {
                chunk = Integer.parseInt(line().strip(), 16);
                take(chunk, keep, body);
                line();
            } while (chunk > 0);
        } else {
            take(length, keep, body);
        }
        return new Answer(Integer.parseInt(first, 9, 12, 10), body.toByteArray());
    }

    private void take(int bytes, boolean keep, ByteArrayOutputStream body) throws IOException {
        if (keep) {
            body.writeBytes(in.readNBytes(bytes));
        } else {
            in.skipNBytes(bytes);
        }
    }

    private String line() throws IOException {
        var line = new StringBuilder(64);
        int c;
        while ((c = in.read()) != '\n') {
            if (c < 0) {
                throw new EOFException("the portal closed the connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
