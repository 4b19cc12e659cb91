package dev.atelier.platform.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a proxy in front could read as one request and the portal as two: then one visitor's request
 * would begin with what another one wrote.
 */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A request that can be read in two ways")
class RawRequestsTest {

    private static final String SMUGGLED =
            "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";

    @TestHTTPResource("/")
    URI portal;

    /** All that the portal says until it hangs up, or says nothing more for a while. */
    private String say(String request) throws IOException {
        try (var socket = new Socket(portal.getHost(), portal.getPort())) {
            socket.setSoTimeout(1_500);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            var said = new StringBuilder();
            try {
                for (int c; (c = socket.getInputStream().read()) >= 0; ) {
                    said.append((char) c);
                }
                said.append("\n(hung up)");
            } catch (SocketTimeoutException e) {
                said.append("\n(waits)");
            }
            return said.toString();
        }
    }

    static Stream<Arguments> ambiguous() {
        var chunk = "0\r\n\r\n" + SMUGGLED;
        return Stream.of(
                one(
                        "two lengths",
                        "Content-Length: 5\r\nContent-Length: 6\r\n",
                        "hello" + SMUGGLED),
                one("a list of lengths", "Content-Length: 5, 6\r\n", "hello" + SMUGGLED),
                one("a length with a sign", "Content-Length: +5\r\n", "hello" + SMUGGLED),
                one("a negative length", "Content-Length: -5\r\n", SMUGGLED),
                one("a hexadecimal length", "Content-Length: 0x5\r\n", "hello" + SMUGGLED),
                one("an empty length", "Content-Length: \r\n", SMUGGLED),
                one("a space before the colon", "Content-Length : 5\r\n", "hello" + SMUGGLED),
                one(
                        "a length and chunks",
                        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                        chunk),
                one(
                        "chunks and a length",
                        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                        chunk),
                one(
                        "two encodings",
                        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                        chunk),
                one("an encoding after chunked", "Transfer-Encoding: chunked, x\r\n", chunk),
                one("an unknown encoding", "Transfer-Encoding: xchunked\r\n", chunk),
                one("a tab before chunked", "Transfer-Encoding:\u000bchunked\r\n", chunk),
                one("a header without a name", ": chunked\r\n", chunk),
                one("a NUL in a header", "X-A: b\0c\r\n", SMUGGLED));
    }

    private static Arguments one(String what, String headers, String body) {
        return Arguments.of(what, headers, body);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ambiguous")
    void is_never_two(String what, String headers, String body) throws IOException {
        var said =
                say("POST /no/such/page HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body);

        assertThat(said).as(what).startsWith("HTTP/1.1 400").endsWith("(hung up)");
        assertThat(said.split("HTTP/1\\.1 ", -1))
                .as("answers, and what is before the first")
                .hasSize(2);
    }

    /** RFC 9112, section 5.2, leaves the choice between a refusal and this. */
    @Test
    void is_one_whose_folded_header_is_a_single_one() throws IOException {
        var said =
                say(
                        "POST /no/such/page HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
                                + "0\r\n\r\n"
                                + SMUGGLED);

        assertThat(said).startsWith("HTTP/1.1 404");
        assertThat(said.split("HTTP/1\\.1 ", -1)).hasSize(2);
    }

    @Test
    void is_none_for_two_hosts_or_another_host_in_its_first_line() throws IOException {
        assertThat(say("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"))
                .startsWith("HTTP/1.1 4");
        assertThat(say("GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"))
                .startsWith("HTTP/1.1 421");
        assertThat(say("GET / HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 4");
    }

    @Test
    void is_none_when_it_is_too_long() throws IOException {
        assertThat(say("GET /" + "a".repeat(9_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.0 414");
        assertThat(
                        say(
                                "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "
                                        + "a".repeat(20_000)
                                        + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
    }

    @Test
    void is_one_when_it_is_plain() throws IOException {
        assertThat(
                        say(
                                "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
    }
}
