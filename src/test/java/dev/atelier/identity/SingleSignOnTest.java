package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Tokens of a real Keycloak, and what an attacker makes of them. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = Keycloak.class, restrictToAnnotatedClass = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisplayName("The portal that trusts a provider")
class SingleSignOnTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

    @TestHTTPResource("/")
    URI portal;

    @Inject Sql sql;
    @Inject Accounts accounts;
    @Inject Sessions sessions;
    @Inject ProviderSessions kept;
    @Inject SecretBox box;
    @Inject DataSource database;

    @AfterEach
    void open_the_door() throws Exception {
        Keycloak.door().open();
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> !get("/login", null).body().contains("provider-away"));
    }

    private HttpResponse<String> get(String path, String bearer) throws Exception {
        var request = HttpRequest.newBuilder(portal.resolve(path)).timeout(Duration.ofSeconds(20));
        if (bearer != null) {
            request.header("Authorization", "Bearer " + bearer);
        }
        return HTTP.send(request.build(), BodyHandlers.ofString());
    }

    private int account(String bearer) throws Exception {
        return get("/api/v1/account", bearer).statusCode();
    }

    private JsonNode me(String bearer) throws Exception {
        var answer = get("/api/v1/account", bearer);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static String access(JsonNode tokens) {
        return tokens.get("access_token").asText();
    }

    // Bearer -----------------------------------------------------------------------------------

    @Test
    void lets_a_person_in_by_an_access_token_with_the_roles_and_teams_it_names() throws Exception {
        var me = me(access(Keycloak.tokens("ines")));

        assertThat(me.get("ref").asText()).isEqualTo("user:default/ines");
        assertThat(me.get("displayName").asText()).isEqualTo("Ines Duarte");
        assertThat(me.get("roles").toString())
                .contains("data-scientist")
                .doesNotContain("ml-engineer");
        assertThat(me.get("teams").toString()).contains("group:default/vision");
    }

    @Test
    void takes_a_program_of_the_provider_for_a_service() throws Exception {
        var me = me(access(Keycloak.tokensOfTheClient()));

        assertThat(me.get("ref").asText())
                .isEqualTo("service:default/service-account-atelier-portal");
    }

    @Test
    void writes_names_in_lower_case() throws Exception {
        assertThat(me(access(Keycloak.tokens("Nora.Lind"))).get("ref").asText())
                .isEqualTo("user:default/nora.lind");
    }

    @Test
    void never_takes_a_local_account_for_the_one_of_the_same_name_at_the_provider()
            throws Exception {
        // The portal's own first administrator is called admin, too.
        assertThat(account(access(Keycloak.tokens("admin")))).isEqualTo(401);
        assertThat(accounts.get("admin").issuer()).isNull();
    }

    @Test
    void shuts_out_whom_an_administrator_shut_out_though_the_token_is_good() throws Exception {
        var token = access(Keycloak.tokens("tom"));
        assertThat(account(token)).isEqualTo(200);

        accounts.disable("tom", true, Audit.SYSTEM);

        assertThat(account(token)).isEqualTo(401);
    }

    @Test
    void refuses_an_id_token_and_a_refresh_token_as_keys() throws Exception {
        var tokens = Keycloak.tokens("ines");

        assertThat(account(tokens.get("id_token").asText())).isEqualTo(401);
        assertThat(account(tokens.get("refresh_token").asText())).isEqualTo(401);
    }

    @Test
    void refuses_a_token_that_nobody_signed() throws Exception {
        var claims = SignedJWT.parse(access(Keycloak.tokens("ines"))).getJWTClaimsSet();

        assertThat(account(new PlainJWT(claims).serialize())).isEqualTo(401);
    }

    @Test
    void refuses_a_token_signed_with_the_public_key_as_if_it_were_a_shared_secret()
            throws Exception {
        var real = SignedJWT.parse(access(Keycloak.tokens("ines")));
        for (var secret :
                List.of(
                        Keycloak.publicKey().getBytes(),
                        Base64.getDecoder().decode(Keycloak.publicKey()),
                        Keycloak.SECRET.repeat(2).getBytes())) {
            var forged =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.HS256)
                                    .keyID(real.getHeader().getKeyID())
                                    .type(JOSEObjectType.JWT)
                                    .build(),
                            real.getJWTClaimsSet());
            forged.sign(new MACSigner(secret));
            assertThat(account(forged.serialize())).isEqualTo(401);
        }
    }

    @Test
    void refuses_a_token_that_somebody_elses_key_signed() throws Exception {
        var real = SignedJWT.parse(access(Keycloak.tokens("ines")));
        var pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        for (var id : List.of(real.getHeader().getKeyID(), "another")) {
            var forged =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.RS256)
                                    .keyID(id)
                                    .type(JOSEObjectType.JWT)
                                    .build(),
                            real.getJWTClaimsSet());
            forged.sign(new RSASSASigner(pair.getPrivate()));
            assertThat(account(forged.serialize())).isEqualTo(401);
        }
    }

    @Test
    void refuses_a_token_whose_claims_were_changed() throws Exception {
        var parts = access(Keycloak.tokens("paul")).split("\\.");
        var claims = new String(Base64.getUrlDecoder().decode(parts[1]));
        var better = claims.replace("\"paul\"", "\"ines\"");
        assertThat(better).isNotEqualTo(claims);
        parts[1] = Base64.getUrlEncoder().withoutPadding().encodeToString(better.getBytes());

        assertThat(account(String.join(".", parts))).isEqualTo(401);
    }

    @Test
    void refuses_an_access_token_whose_time_is_over() throws Exception {
        Keycloak.accessTokensLive(1);
        String token;
        try {
            token = access(Keycloak.tokens("ines"));
        } finally {
            Keycloak.accessTokensLive(300);
        }
        // A few seconds are allowed for clocks that differ.
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> account(token) == 401);
    }

    // Down ---------------------------------------------------------------------------------------

    @Test
    void answers_503_to_a_token_whose_key_it_cannot_ask_for() throws Exception {
        var real = SignedJWT.parse(access(Keycloak.tokens("ines")));
        var pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        var unknown =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .keyID("rotated-" + UUID.randomUUID())
                                .build(),
                        real.getJWTClaimsSet());
        unknown.sign(new RSASSASigner(pair.getPrivate()));
        Keycloak.door().shut();

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> {
                            var answer = get("/api/v1/account", unknown.serialize());
                            assertThat(answer.statusCode()).isEqualTo(503);
                            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                        });
    }

    @Test
    void goes_on_believing_tokens_it_can_check_while_the_provider_is_away() throws Exception {
        var token = access(Keycloak.tokens("ines"));
        assertThat(account(token)).isEqualTo(200);
        var another = access(Keycloak.tokens("ines"));
        Keycloak.door().shut();

        assertThat(account(another)).isEqualTo(200);
    }

    @Test
    void says_that_the_provider_is_away_without_making_anybody_wait() throws Exception {
        Keycloak.door().silence();
        var begun = System.nanoTime();

        Awaitility.await()
                .atMost(Duration.ofSeconds(15))
                .until(
                        () -> {
                            var one = System.nanoTime();
                            var away = get("/login", null).body().contains("provider-away");
                            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - one))
                                    .isLessThan(5_000);
                            return away;
                        });
        var answer = get("/login/sso?next=/catalog", null);

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("does not answer");
        Keycloak.door().open();
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> get("/login/sso", null).statusCode() == 303);
        assertThat(System.nanoTime() - begun).isPositive();
    }

    // There and back -----------------------------------------------------------------------------

    @Test
    void goes_to_the_provider_with_state_nonce_and_a_hashed_verifier() throws Exception {
        var there = get("/login/sso?next=/catalog", null).headers().firstValue("Location");

        assertThat(there).isPresent();
        assertThat(there.get())
                .startsWith(Keycloak.issuer() + "/")
                .contains("state=")
                .contains("nonce=")
                .contains("code_challenge_method=S256")
                .contains("response_type=code")
                .doesNotContain("catalog");
    }

    @Test
    void believes_no_callback_that_it_did_not_begin_in_this_browser() throws Exception {
        var there = get("/login/sso", null).headers().firstValue("Location").orElseThrow();
        var state = there.replaceAll(".*[?&]state=([^&]+).*", "$1");

        assertThat(get("/login/callback?code=abc&state=" + state, null).statusCode())
                .isEqualTo(400);
        assertThat(get("/login/callback?code=abc", null).statusCode()).isEqualTo(400);
    }

    @Test
    void believes_no_callback_with_another_state_than_the_cookie_holds() throws Exception {
        var begun = get("/login/sso", null);
        var cookie = begun.headers().firstValue("Set-Cookie").orElseThrow().split(";")[0];
        var state =
                begun.headers()
                        .firstValue("Location")
                        .orElseThrow()
                        .replaceAll(".*[?&]state=([^&]+).*", "$1");
        var other = state.substring(0, 8) + "x".repeat(state.length() - 8);

        var answer =
                HTTP.send(
                        HttpRequest.newBuilder(
                                        portal.resolve("/login/callback?code=abc&state=" + other))
                                .header("Cookie", cookie)
                                .build(),
                        BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(400);
    }

    // Back-channel logout
    // --------------------------------------------------------------------------

    @Test
    void ends_nothing_for_a_logout_token_that_the_provider_did_not_make() throws Exception {
        var pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        var real = SignedJWT.parse(access(Keycloak.tokens("ines")));
        var claims =
                new JWTClaimsSet.Builder()
                        .issuer(Keycloak.issuer())
                        .audience(Keycloak.CLIENT)
                        .subject(real.getJWTClaimsSet().getSubject())
                        .jwtID("forged")
                        .issueTime(Date.from(Instant.now()))
                        .expirationTime(Date.from(Instant.now().plusSeconds(60)))
                        .claim(
                                "events",
                                Map.of(
                                        "http://schemas.openid.net/event/backchannel-logout",
                                        Map.of()))
                        .build();
        var forged =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .keyID(real.getHeader().getKeyID())
                                .type(new JOSEObjectType("logout+jwt"))
                                .build(),
                        claims);
        forged.sign(new RSASSASigner(pair.getPrivate()));

        for (var token :
                List.of(
                        forged.serialize(),
                        new PlainJWT(claims).serialize(),
                        real.serialize(),
                        "",
                        "nonsense")) {
            assertThat(backchannel(token)).as(token).isEqualTo(400);
        }
    }

    @Test
    void takes_a_logout_token_once() throws Exception {
        var received = new LinkedBlockingQueue<String>();
        var ear = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ear.createContext(
                "/",
                exchange -> {
                    received.add(new String(exchange.getRequestBody().readAllBytes()));
                    exchange.sendResponseHeaders(200, -1);
                    exchange.close();
                });
        ear.start();
        var before = Keycloak.sendLogoutTo("http://localhost:" + ear.getAddress().getPort() + "/");
        String token;
        try {
            Keycloak.tokens("vera");
            Keycloak.signOut("vera");
            token = received.poll(20, TimeUnit.SECONDS).replaceFirst("^logout_token=", "");
        } finally {
            Keycloak.sendLogoutTo(before);
            ear.stop(0);
        }

        assertThat(backchannel(token)).isEqualTo(200);
        assertThat(backchannel(token)).isEqualTo(400);
    }

    private int backchannel(String token) throws Exception {
        return HTTP.send(
                        HttpRequest.newBuilder(portal.resolve("/logout/backchannel"))
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(BodyPublishers.ofString("logout_token=" + token))
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }
}
