package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The portal behind a proxy that speaks TLS for it: the proxy is at 127.0.0.2, somebody who would
 * like to be one at 127.0.0.3.
 */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = Issuer.class, restrictToAnnotatedClass = true)
@TestProfile(TlsProxyTest.Behind.class)
@DisplayName("The portal behind a proxy")
class TlsProxyTest {

    /** As {@code ATELIER_TRUSTED_PROXIES=127.0.0.2} and {@code ATELIER_PUBLIC_URL} set it. */
    public static class Behind implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.http.proxy.proxy-address-forwarding", "true",
                    "quarkus.http.proxy.trusted-proxies", "127.0.0.2",
                    "atelier.hosts", "atelier.example",
                    "atelier.public-url", "https://atelier.example");
        }
    }

    private static final String PROXY = "127.0.0.2";
    private static final String STRANGER = "127.0.0.3";

    @TestHTTPResource("/")
    URI portal;

    @Inject Sql sql;

    private record Answer(int status, List<String> headers) {
        Optional<String> header(String name) {
            return all(name).stream().findFirst();
        }

        List<String> all(String name) {
            return headers.stream()
                    .filter(h -> h.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(h -> h.substring(name.length() + 1).strip())
                    .toList();
        }
    }

    /** From that address, since who asks is what is believed or not. */
    private Answer ask(String from, String method, String path, String headers, String body)
            throws IOException {
        try (var socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(new InetSocketAddress(portal.getHost(), portal.getPort()), 5_000);
            socket.setSoTimeout(20_000);
            var request =
                    "%s %s HTTP/1.1\r\nHost: atelier.example\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s"
                            .formatted(method, path, headers, body.length(), body);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            var said =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            var head = new ArrayList<>(said.split("\r\n\r\n", 2)[0].lines().toList());
            return new Answer(Integer.parseInt(head.removeFirst().split(" ")[1]), head);
        }
    }

    private static final String FORWARDED =
            "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";

    private String signIn(String from, Person person) throws IOException {
        var answer =
                ask(
                        from,
                        "POST",
                        "/welcome",
                        FORWARDED
                                + "Origin: https://atelier.example\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                        "code="
                                + person.invitation()
                                + "&password=a+walk+by+the+sea&again=a+walk+by+the+sea");
        assertThat(answer.status()).isEqualTo(303);
        return answer.header("Set-Cookie").orElseThrow();
    }

    @Test
    void gives_its_cookie_to_this_host_alone_and_over_tls_alone() throws IOException {
        var cookie = signIn(PROXY, Person.named("tls-cookie"));

        assertThat(cookie)
                .startsWith("__Host-atelier-session=")
                .containsIgnoringCase("; Secure")
                .containsIgnoringCase("; HttpOnly")
                .containsIgnoringCase("; SameSite=Lax")
                .containsIgnoringCase("; Path=/")
                .doesNotContainIgnoringCase("Domain=");
        var value = cookie.split(";")[0];
        assertThat(
                        ask(PROXY, "GET", "/account", FORWARDED + "Cookie: " + value + "\r\n", "")
                                .status())
                .isEqualTo(200);
        assertThat(
                        ask(
                                        PROXY,
                                        "GET",
                                        "/account",
                                        FORWARDED
                                                + "Cookie: "
                                                + value.replace("__Host-", "")
                                                + "\r\n",
                                        "")
                                .status())
                .as("a cookie that another host of the domain could have set")
                .isEqualTo(401);
    }

    @Test
    void tells_browsers_to_stay_with_tls() throws IOException {
        assertThat(ask(PROXY, "GET", "/login", FORWARDED, "").header("Strict-Transport-Security"))
                .hasValueSatisfying(value -> assertThat(value).contains("max-age=31536000"));
    }

    @Test
    void writes_down_where_people_are_as_the_proxy_says() throws IOException {
        var ines = Person.named("ines");
        signIn(PROXY, ines);
        assertThat(origin(ines)).isEqualTo("203.0.113.9");
    }

    @Test
    void believes_nobody_else() throws IOException {
        var ines = Person.named("ines");
        signIn(STRANGER, ines);
        assertThat(origin(ines)).isEqualTo(STRANGER);
        assertThat(
                        ask(
                                        STRANGER,
                                        "GET",
                                        "/login",
                                        "X-Forwarded-Host: evil.example\r\n" + FORWARDED,
                                        "")
                                .header("Strict-Transport-Security"))
                .isEmpty();
    }

    private String origin(Person person) {
        return sql.one(
                "select origin from audit_event where action = 'session.begin' and resource = ?",
                row -> String.valueOf(row.getString(1)),
                person.ref());
    }

    @Test
    void sends_people_to_the_provider_and_back_over_tls() throws IOException {
        var begun = ask(PROXY, "GET", "/login/sso", FORWARDED, "");

        assertThat(begun.status()).isEqualTo(303);
        assertThat(
                        URLDecoder.decode(
                                begun.header("Location").orElseThrow(), StandardCharsets.UTF_8))
                .contains("redirect_uri=https://atelier.example/login/callback");
        assertThat(begun.all("Set-Cookie"))
                .isNotEmpty()
                .allSatisfy(
                        cookie ->
                                assertThat(cookie)
                                        .startsWith("__Host-")
                                        .containsIgnoringCase("; Secure"));
    }
}
