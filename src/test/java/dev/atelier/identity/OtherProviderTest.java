package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.database.Changes;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** With an issuer that signs what Keycloak would not, and has other habits. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = Issuer.class, restrictToAnnotatedClass = true)
@DisplayName("A provider with habits of its own")
class OtherProviderTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

    @TestHTTPResource("/")
    URI portal;

    @Inject Sql sql;
    @Inject ObjectMapper mapper;
    @Inject Audit audit;
    @Inject Roles roles;
    @Inject Memberships memberships;
    @Inject SingleSignOn singleSignOn;
    @Inject Refreshing refreshing;
    @Inject Provider provider;
    @Inject ProviderTokens tokens;
    @Inject ProviderClaims claims;
    @Inject ProviderAccounts providerAccounts;
    @Inject KnownSubjects known;
    @Inject SecretBox box;
    @Inject DataSource database;
    @Inject Changes changes;

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(portal.resolve(path));
    }

    private HttpResponse<String> account(String token) throws Exception {
        return send(to("/api/v1/account").header("Authorization", "Bearer " + token));
    }

    private JsonNode me(JWTClaimsSet.Builder claims) throws Exception {
        var answer = account(Issuer.sign(claims));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    // Access tokens
    // --------------------------------------------------------------------------------

    @Test
    void lets_in_by_a_good_token() throws Exception {
        assertThat(me(Issuer.access("ada@halden.example")).get("ref").asText())
                .isEqualTo("user:default/ada");
    }

    private static Date in(int seconds) {
        return Date.from(Instant.now().plusSeconds(seconds));
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                bad("for another audience", c -> c.audience("api://another")),
                bad("for no audience", c -> c.audience((String) null)),
                bad("for this portal's client, not its API", c -> c.audience(Issuer.CLIENT)),
                bad("of another issuer", c -> c.issuer("https://evil.example")),
                bad("of no issuer", c -> c.issuer(null)),
                bad("of an issuer with a slash more", c -> c.issuer(Issuer.url() + "/")),
                bad("that ended", c -> c.expirationTime(in(-60))),
                bad("that never ends", c -> c.expirationTime(null)),
                bad("that is not good yet", c -> c.notBeforeTime(in(120))),
                bad("made at no time", c -> c.issueTime(null)),
                bad("of nobody", c -> c.subject(null)),
                bad("that is an ID token by its nonce", c -> c.claim("nonce", "n")),
                bad("that is an ID token by its hash", c -> c.claim("at_hash", "h")),
                bad("that says of itself that it is an ID token", c -> c.claim("typ", "ID")),
                bad("that says of itself that it refreshes", c -> c.claim("typ", "Refresh")),
                bad("without a scope", c -> c.claim("scope", null)),
                bad("that is a logout token", c -> c.claim("events", Map.of("x", Map.of()))));
    }

    private static Arguments bad(String what, UnaryOperator<JWTClaimsSet.Builder> change) {
        return Arguments.of(what, change);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void signs_a_token_in_vain(String what, UnaryOperator<JWTClaimsSet.Builder> change)
            throws Exception {
        var token = Issuer.sign(change.apply(Issuer.access("bad@halden.example")));

        assertThat(account(token).statusCode()).as(what).isEqualTo(401);
        assertThat(sql.list("select 1 from account where name = 'bad'", row -> 1)).isEmpty();
    }

    @Test
    void is_not_spoken_for_by_whoever_brings_a_key_along() throws Exception {
        var own = new RSAKeyGenerator(2048).keyID("mine").generate();
        var claims = Issuer.access("bad@halden.example");
        List<UnaryOperator<JWSHeader.Builder>> headers =
                List.of(
                        h -> h.jwk(own.toPublicJWK()),
                        h -> h.jwk(own.toPublicJWK()).keyID("mine"),
                        h -> h.jwkURL(URI.create(Issuer.url() + "/keys")).keyID("mine"),
                        h -> h.jwkURL(URI.create("https://evil.example/keys")),
                        h -> h.keyID("../../../../dev/null"),
                        h -> h.keyID("' or 1=1 --"));
        for (var header : headers) {
            assertThat(account(Issuer.sign(claims, header, own)).statusCode()).isEqualTo(401);
        }
        assertThat(account(new PlainJWT(claims.build()).serialize()).statusCode()).isEqualTo(401);
        for (var secret :
                List.of(
                        Issuer.publicKey().toRSAPublicKey().getEncoded(),
                        Base64.getMimeEncoder()
                                .encode(Issuer.publicKey().toRSAPublicKey().getEncoded()),
                        Issuer.SECRET.repeat(2).getBytes())) {
            var forged =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.HS256)
                                    .keyID("of-the-issuer")
                                    .build(),
                            claims.build());
            forged.sign(new MACSigner(secret));
            assertThat(account(forged.serialize()).statusCode()).isEqualTo(401);
        }
        assertThat(
                        account(Issuer.sign(claims, h -> h.type(new JOSEObjectType("logout+jwt"))))
                                .statusCode())
                .isEqualTo(401);
    }

    // Claims
    // ---------------------------------------------------------------------------------------

    @Test
    void names_people_by_another_claim_without_the_companys_domain() throws Exception {
        var me = me(Issuer.access("Grace.Hopper@HALDEN.example").claim("preferred_username", "x"));

        assertThat(me.get("ref").asText()).isEqualTo("user:default/grace.hopper");
    }

    @Test
    void lets_nobody_of_another_domain_take_a_name_here() throws Exception {
        for (var upn :
                List.of(
                        "ada@elsewhere.example",
                        "ada@halden.example.evil.example",
                        "ada@evil.example@halden.example",
                        "ada",
                        "@halden.example",
                        "ada@sub.halden.example")) {
            assertThat(account(Issuer.sign(Issuer.access(upn))).statusCode())
                    .as(upn)
                    .isEqualTo(401);
        }
    }

    @Test
    void has_names_of_its_own_for_roles() throws Exception {
        var mapped =
                me(
                        Issuer.access("mapped@halden.example")
                                .claim("halden", Map.of("access", List.of("Engineers of Halden"))));
        assertThat(mapped.get("roles").toString())
                .contains("ml-engineer")
                .doesNotContain("platform-admin");
        var one = me(Issuer.access("one@halden.example").claim("levels", "ops"));
        assertThat(one.get("roles").toString()).contains("platform-admin");
        var plain =
                me(
                        Issuer.access("plain@halden.example")
                                .claim("levels", List.of("developer", "OPS", "Engineers", "root"))
                                .claim("roles", List.of("platform-admin"))
                                .claim("teams", List.of("Vision", "/risk/deep", "../x", "a b")));
        assertThat(plain.get("roles").toString())
                .contains("developer")
                .doesNotContain("platform-admin")
                .doesNotContain("ml-engineer");
        assertThat(plain.get("teams").toString())
                .contains("group:default/vision", "group:default/risk.deep", "group:default/a-b")
                .doesNotContain("..");
    }

    // There and back
    // -------------------------------------------------------------------------------

    /** A sign-in that has come back from the provider; the code is yet to be brought. */
    private record Journey(String state, String nonce, String cookie) {}

    private Journey begin() throws Exception {
        var begun = send(to("/login/sso?next=/account"));
        assertThat(begun.statusCode()).isEqualTo(303);
        var there = begun.headers().firstValue("Location").orElseThrow();
        return new Journey(
                there.replaceAll(".*[?&]state=([^&]+).*", "$1"),
                there.replaceAll(".*[?&]nonce=([^&]+).*", "$1"),
                begun.headers().firstValue("Set-Cookie").orElseThrow().split(";")[0]);
    }

    private HttpResponse<String> arrive(Journey journey, String code, String more)
            throws Exception {
        return send(
                to("/login/callback?code=" + code + "&state=" + journey.state() + more)
                        .header("Cookie", journey.cookie())
                        .header("Accept", "text/html"));
    }

    private static String tokens(Journey journey, String upn, String refresh) {
        return Issuer.code(
                Issuer.sign(Issuer.id(upn, journey.nonce())),
                Issuer.sign(Issuer.access(upn)),
                refresh);
    }

    private static String session(HttpResponse<String> arrived) {
        assertThat(arrived.statusCode()).as(arrived.body()).isEqualTo(303);
        return arrived.headers().allValues("Set-Cookie").stream()
                .filter(cookie -> cookie.startsWith("atelier-session="))
                .map(cookie -> cookie.split(";")[0].substring("atelier-session=".length()))
                .findFirst()
                .orElseThrow();
    }

    private String signedIn(String upn, String refresh) throws Exception {
        var journey = begin();
        return session(arrive(journey, tokens(journey, upn, refresh), ""));
    }

    private int page(String cookie) throws Exception {
        return send(to("/account").header("Cookie", "atelier-session=" + cookie)).statusCode();
    }

    @Test
    void signs_people_in_without_refresh_tokens_for_an_hour_at_most() throws Exception {
        var cookie = signedIn("brief@halden.example", null);

        assertThat(page(cookie)).isEqualTo(200);
        assertThat(
                        sql.<Boolean>one(
                                """
                                select s.expires_at <= clock_timestamp() + interval '1 hour'
                                   and p.refresh_at is null
                                from account_session s join provider_session p on p.session = s.id
                                where s.hash = ?
                                """,
                                row -> row.getBoolean(1),
                                (Object) Secrets.hash(cookie)))
                .isTrue();
        sql.update(
                "update account_session set expires_at = clock_timestamp() where hash = ?",
                (Object) Secrets.hash(cookie));
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> page(cookie) != 200);
    }

    static Stream<Arguments> badIdTokens() {
        return Stream.of(
                bad("with another nonce", c -> c.claim("nonce", "another")),
                bad("without a nonce", c -> c.claim("nonce", null)),
                bad("for another client", c -> c.audience("another")),
                bad("of another issuer", c -> c.issuer("https://evil.example")),
                bad("that ended", c -> c.expirationTime(in(-60))),
                bad("made tomorrow", c -> c.issueTime(in(86_400))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badIdTokens")
    void signs_nobody_in_with_an_id_token(String what, UnaryOperator<JWTClaimsSet.Builder> change)
            throws Exception {
        var journey = begin();
        var code =
                Issuer.code(
                        Issuer.sign(change.apply(Issuer.id("bad@halden.example", journey.nonce()))),
                        Issuer.sign(Issuer.access("bad@halden.example")),
                        null);

        var answer = arrive(journey, code, "");

        assertThat(answer.statusCode()).as(what).isEqualTo(400);
        assertThat(answer.headers().allValues("Set-Cookie"))
                .noneMatch(cookie -> cookie.startsWith("atelier-session="));
    }

    @Test
    void signs_nobody_in_twice_with_one_code_or_one_state() throws Exception {
        var journey = begin();
        var code = tokens(journey, "once@halden.example", null);
        session(arrive(journey, code, ""));

        assertThat(arrive(journey, code, "").statusCode()).as("the code again").isEqualTo(400);
        var another = begin();
        assertThat(arrive(another, code, "").statusCode())
                .as("the code with another state")
                .isEqualTo(400);
        var third = begin();
        assertThat(
                        arrive(
                                        third,
                                        tokens(third, "once@halden.example", null),
                                        "&iss=https://evil.example")
                                .statusCode())
                .as("from another provider (RFC 9207)")
                .isEqualTo(400);
    }

    // Two replicas
    // ---------------------------------------------------------------------------------

    /** As another portal on the same database would know people: with memory of its own. */
    private Subjects replica() {
        return new Subjects(
                sql, roles, memberships, singleSignOn, refreshing, new KnownSubjects(changes));
    }

    @Test
    void signs_people_in_and_out_on_all_replicas() throws Exception {
        var cookie = signedIn("everywhere@halden.example", "refresh-" + UUID.randomUUID());
        var another = replica();
        assertThat(another.ofSession(cookie).map(Subject::name)).contains("everywhere");

        var logout =
                Issuer.sign(
                        new JWTClaimsSet.Builder()
                                .issuer(Issuer.url())
                                .audience(Issuer.CLIENT)
                                .subject("subject-of-everywhere@halden.example")
                                .jwtID(UUID.randomUUID().toString())
                                .issueTime(in(0))
                                .expirationTime(in(60))
                                .claim(
                                        "events",
                                        Map.of(
                                                "http://schemas.openid.net/event/backchannel-logout",
                                                Map.of())),
                        header -> header.type(new JOSEObjectType("logout+jwt")));
        var answer =
                send(
                        to("/logout/backchannel")
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(BodyPublishers.ofString("logout_token=" + logout)));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(page(cookie)).as("where it was said, at once").isNotEqualTo(200);
        Awaitility.await("on the other within a second or two")
                .atMost(Duration.ofSeconds(3))
                .until(() -> another.ofSession(cookie).isEmpty());
    }

    @Test
    void gives_another_role_from_the_next_request_on() throws Exception {
        var cookie = signedIn("promoted@halden.example", "refresh-" + UUID.randomUUID());
        assertThat(system(cookie)).isEqualTo(403);

        QuarkusTransaction.requiringNew()
                .run(() -> roles.begin("user:default/promoted", Role.ML_ENGINEER));
        assertThat(system(cookie)).isEqualTo(200);

        var given =
                roles.of(List.of("user:default/promoted")).stream().findFirst().orElseThrow().id();
        withdraw(given);
        assertThat(system(cookie)).isEqualTo(403);
    }

    private void withdraw(long id) throws Exception {
        var answer =
                send(
                        to("/admin/people/roles/" + id + "/withdrawal")
                                .header("Authorization", Administrator.AUTHORIZATION)
                                .POST(BodyPublishers.noBody()));
        assertThat(answer.statusCode()).isEqualTo(303);
    }

    private int system(String cookie) throws Exception {
        return send(to("/admin/system").header("Cookie", "atelier-session=" + cookie)).statusCode();
    }

    // Rotation
    // -------------------------------------------------------------------------------------

    private String keyOf(String cookie) {
        return sql.one(
                """
                select key_id from provider_session p join account_session s on s.id = p.session
                where s.hash = ?
                """,
                row -> row.getString(1),
                (Object) Secrets.hash(cookie));
    }

    private long idOf(String cookie) {
        return sql.one(
                "select id from account_session where hash = ?",
                row -> row.getLong(1),
                (Object) Secrets.hash(cookie));
    }

    @Test
    void has_its_tokens_encrypted_anew_and_shows_who_lacks_the_key() throws Exception {
        var cookie = signedIn("rotated@halden.example", "refresh-rotated");
        var before = box.current();
        var keyFile = DataFolder.path().resolve("secret.key");
        var old = new SecretBox(Optional.of(Files.readAllLines(keyFile)), keyFile);
        assertThat(keyOf(cookie)).isEqualTo(before);

        var said = RotateKeyCommand.rotate(box, database.getConnection());

        assertThat(said).contains("are encrypted with the key " + box.current());
        assertThat(box.current()).isNotEqualTo(before);
        assertThat(keyOf(cookie)).isEqualTo(box.current());
        assertThat(sql.list("select 1 from provider_session where key_id = ?", row -> 1, before))
                .isEmpty();
        assertThat(page(cookie)).isEqualTo(200);

        // A replica that was not given the new key says whose session it had to end, and why.
        var behind = new ProviderSessions(sql, old, mapper, audit, known);
        assertThat(behind.of(idOf(cookie)).orElseThrow().tokens()).isNull();
        sql.update(
                "update provider_session set refresh_at = clock_timestamp() where session = ?",
                idOf(cookie));
        var replica = new Refreshing(provider, tokens, claims, providerAccounts, behind);
        QuarkusTransaction.requiringNew().run(() -> replica.refresh(idOf(cookie)));
        assertThat(
                        sql.<String>one(
                                "select detail from audit_event where action = 'session.end' and resource = 'user:default/rotated'",
                                row -> row.getString(1)))
                .contains("its key is not here");
        assertThat(page(cookie)).isNotEqualTo(200);
    }

    @Test
    void goes_on_with_its_tokens_after_a_rotation() throws Exception {
        var refresh = "refresh-" + UUID.randomUUID();
        var cookie = signedIn("goeson@halden.example", refresh);
        RotateKeyCommand.rotate(box, database.getConnection());
        Issuer.grant(
                refresh,
                Issuer.sign(Issuer.id("goeson@halden.example", null)),
                Issuer.sign(Issuer.access("goeson@halden.example").claim("levels", "ops")),
                null);
        sql.update(
                "update provider_session set refresh_at = clock_timestamp() where session = ?",
                idOf(cookie));

        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> system(cookie) == 200);
    }
}
