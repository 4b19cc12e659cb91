package dev.atelier;

import io.quarkus.test.junit.callback.QuarkusTestBeforeEachCallback;
import io.quarkus.test.junit.callback.QuarkusTestMethodContext;
import io.restassured.RestAssured;
import java.net.URI;
import java.net.http.HttpRequest;

/**
 * The administrator whose token the portal under test was given at its first start. Tests that are
 * about something else than access act as this one; {@code given().noFilters()} is nobody.
 */
public class Administrator implements QuarkusTestBeforeEachCallback {

    public static final String TOKEN = "test-3f9c1e7a5b8d2406-Zq8LmX4vTn";
    public static final String AUTHORIZATION = "Bearer " + TOKEN;

    /** A request for the HTTP client of the JDK. */
    public static HttpRequest.Builder request(URI uri) {
        return HttpRequest.newBuilder(uri).header("Authorization", AUTHORIZATION);
    }

    @Override
    public void beforeEach(QuarkusTestMethodContext context) {
        RestAssured.replaceFiltersWith(
                (request, response, chain) -> {
                    if (!request.getHeaders().hasHeaderWithName("Authorization")) {
                        request.header("Authorization", AUTHORIZATION);
                    }
                    return chain.next(request, response);
                });
    }
}
