package dev.atelier.platform.web;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A body")
class BodyLimitTest {

    private static String announced(String path, String type, long length) throws IOException {
        int port = ConfigProvider.getConfig().getValue("quarkus.http.test-port", int.class);
        port = port == 0 ? io.restassured.RestAssured.port : port;
        try (var socket = new Socket("localhost", port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(
                            "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                                    .formatted(path, Administrator.AUTHORIZATION, type, length)
                                    .getBytes(StandardCharsets.US_ASCII));
            var answer = new byte[4096];
            int read = socket.getInputStream().read(answer);
            return new String(answer, 0, Math.max(0, read), StandardCharsets.UTF_8);
        }
    }

    @Test
    void of_ordinary_size_is_all_that_most_addresses_take() throws IOException {
        assertThat(announced("/api/catalog/locations", "application/json", 1L << 30))
                .startsWith("HTTP/1.1 413")
                .contains("at most 134217728 bytes");
    }

    @Test
    void that_streams_files_may_be_large() throws IOException {
        // Nothing is sent: the portal waits for bytes instead of refusing their number.
        assertThat(
                        org.assertj.core.api.Assertions.catchThrowable(
                                () ->
                                        announced(
                                                "/api/v1/models/large/versions",
                                                "multipart/form-data; boundary=b",
                                                3L << 30)))
                .isInstanceOf(java.net.SocketTimeoutException.class);
        given().get("/q/health/live").then().statusCode(200);
    }
}
