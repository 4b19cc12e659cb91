package dev.atelier.platform.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The client for addresses of others")
class OutboundHttpTest {

    private static final Vertx VERTX = Vertx.vertx();
    private static HttpServer server;
    private static final AtomicInteger CALLS = new AtomicInteger();
    private static final CountDownLatch HUNG_UP = new CountDownLatch(1);

    @BeforeAll
    static void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    CALLS.incrementAndGet();
                    var path = exchange.getRequestURI().getPath();
                    var host = exchange.getRequestHeaders().getFirst("Host");
                    var body = ("host " + host).getBytes();
                    if (path.startsWith("/to/")) {
                        exchange.getResponseHeaders()
                                .add("Location", exchange.getRequestURI().getQuery());
                        exchange.sendResponseHeaders(302, -1);
                    } else if (path.equals("/loop")) {
                        exchange.getResponseHeaders().add("Location", "/loop");
                        exchange.sendResponseHeaders(302, -1);
                    } else if (path.equals("/large")) {
                        exchange.sendResponseHeaders(200, 0);
                        var chunk = new byte[64 << 10];
                        try (var out = exchange.getResponseBody()) {
                            for (int i = 0; i < 1000; i++) {
                                out.write(chunk);
                            }
                        } catch (IOException _) {
                            // The client hung up, as it should.
                        }
                    } else if (path.equals("/drip")) {
                        exchange.sendResponseHeaders(200, 0);
                        try (var out = exchange.getResponseBody()) {
                            while (true) {
                                out.write('x');
                                out.flush();
                                HUNG_UP.await(50, TimeUnit.MILLISECONDS);
                            }
                        } catch (IOException _) {
                            HUNG_UP.countDown();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    } else {
                        exchange.sendResponseHeaders(200, body.length);
                        exchange.getResponseBody().write(body);
                    }
                    exchange.close();
                });
        server.start();
    }

    @AfterAll
    static void stop() {
        server.stop(0);
        VERTX.close();
    }

    private static int port() {
        return server.getAddress().getPort();
    }

    private static OutboundHttp allowing(String... allow) {
        return new OutboundHttp(
                VERTX,
                List.of(allow),
                host ->
                        switch (host) {
                            case "listed.example", "other.example" ->
                                    InetAddress.getAllByName("127.0.0.1");
                            default -> InetAddress.getAllByName(host);
                        },
                Duration.ofSeconds(2));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.1/",
                "https://127.1/",
                "https://0x7f.1/",
                "https://0177.0.0.1/",
                "https://2130706433/",
                "https://0/",
                "https://[::]/",
                "https://[::1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[64:ff9b::7f00:1]/",
                "https://[2002:7f00:1::]/",
                "https://[fd00:ec2::254]/",
                "https://[fe80::1]/",
                "https://localhost/",
                "https://localhost./",
                "https://169.254.169.254/latest/meta-data/",
                "https://100.100.100.200/",
                "https://10.0.0.1/",
                "https://192.168.1.1/",
                "https://172.31.255.255/",
                "https://0.0.0.0/",
                "https://user@8.8.8.8/",
                "https://user:password@8.8.8.8/",
                "http://8.8.8.8/",
                "https://8.8.8.8:22/",
                "file:///etc/passwd",
                "ftp://8.8.8.8/",
                "https:///nohost",
                "javascript:alert(1)",
                "https://exa mple/",
                "",
            })
    void refuses_what_lies_inside_or_is_odd(String url) {
        assertThatThrownBy(() -> allowing().get(url, Map.of(), 1000))
                .isInstanceOf(OutboundHttp.Refused.class);
    }

    @Test
    void refuses_a_public_name_when_only_one_of_its_addresses_is_private() {
        var mixed =
                new OutboundHttp(
                        VERTX,
                        List.of(),
                        _ ->
                                new InetAddress[] {
                                    InetAddress.getByName("8.8.8.8"),
                                    InetAddress.getByName("10.0.0.1")
                                },
                        Duration.ofSeconds(2));

        assertThatThrownBy(() -> mixed.get("https://nip.example/", Map.of(), 1000))
                .isInstanceOf(OutboundHttp.Refused.class)
                .hasMessageContaining("private network");
    }

    @Test
    void resolves_a_name_once_and_connects_to_what_was_checked() throws IOException {
        var lookups = new AtomicInteger();
        var flipping =
                new OutboundHttp(
                        VERTX,
                        List.of("listed.example@127.0.0.1/32"),
                        _ ->
                                lookups.incrementAndGet() == 1
                                        ? InetAddress.getAllByName("127.0.0.1")
                                        : InetAddress.getAllByName("10.9.9.9"),
                        Duration.ofSeconds(2));

        var answer = flipping.get("http://listed.example:" + port() + "/", Map.of(), 1000);

        assertThat(new String(answer.body())).isEqualTo("host listed.example:" + port());
        assertThat(lookups).hasValue(1);
    }

    @Test
    void reaches_a_private_host_that_is_listed_and_only_that() throws IOException {
        var client = allowing("listed.example:" + port() + "@127.0.0.0/8");

        assertThat(client.get("http://listed.example:" + port() + "/x", Map.of(), 1000).status())
                .isEqualTo(200);
        assertThatThrownBy(
                        () -> client.get("http://other.example:" + port() + "/x", Map.of(), 1000))
                .isInstanceOf(OutboundHttp.Refused.class);
        assertThatThrownBy(() -> client.get("http://listed.example:1/x", Map.of(), 1000))
                .isInstanceOf(OutboundHttp.Refused.class);
    }

    @Test
    void checks_every_redirect_and_follows_three() {
        var client = allowing("listed.example@127.0.0.0/8");
        var base = "http://listed.example:" + port();

        assertThatThrownBy(
                        () ->
                                client.get(
                                        base + "/to/?http://127.0.0.1:" + port() + "/secret",
                                        Map.of(),
                                        1000))
                .isInstanceOf(OutboundHttp.Refused.class);
        assertThatThrownBy(() -> client.get(base + "/loop", Map.of(), 1000))
                .isInstanceOf(OutboundHttp.Refused.class)
                .hasMessageContaining("redirects");
    }

    @Test
    void cuts_a_body_off_at_its_limit() {
        var client = allowing("listed.example@127.0.0.0/8");

        assertThatThrownBy(
                        () ->
                                client.get(
                                        "http://listed.example:" + port() + "/large",
                                        Map.of(),
                                        1 << 20))
                .isInstanceOf(OutboundHttp.Refused.class)
                .hasMessageContaining("larger than 1024 KiB");
    }

    @Test
    void hangs_up_on_a_host_that_sends_a_byte_now_and_then() throws InterruptedException {
        var client = allowing("listed.example@127.0.0.0/8");

        assertThatThrownBy(
                        () ->
                                client.get(
                                        "http://listed.example:" + port() + "/drip",
                                        Map.of(),
                                        1 << 20))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("within 2 seconds");
        assertThat(HUNG_UP.await(5, TimeUnit.SECONDS)).isTrue();
    }
}
