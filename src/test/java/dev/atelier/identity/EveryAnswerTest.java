package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.QueryParam;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jboss.resteasy.reactive.RestQuery;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What holds for all routes, asked of each, as they are found in the classes. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Every answer")
class EveryAnswerTest {

    private static final HttpClient HTTP =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();

    /** Pages with something on them, beside those of the routes, whose things do not exist. */
    private static final List<String> PAGES =
            List.of(
                    "/",
                    "/catalog",
                    "/catalog/problems",
                    "/docs/shortcuts",
                    "/models/new",
                    "/account",
                    "/admin/people",
                    "/admin/access",
                    "/admin/audit",
                    "/admin/system",
                    "/no/such/page",
                    "/assets/atelier.css",
                    "/q/health",
                    "/q/metrics");

    @TestHTTPResource("/")
    URI portal;

    @Inject Accounts accounts;
    @Inject Sessions sessions;
    @Inject Roles roles;
    @Inject Sql sql;

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(portal.resolve(path)).timeout(Duration.ofSeconds(30));
    }

    /** An answer as far as it is told at once: a stream of events never ends. */
    private record Answer(int statusCode, HttpHeaders headers, String body) {}

    private static Answer send(HttpRequest.Builder request) throws Exception {
        var answer = HTTP.send(request.build(), BodyHandlers.ofInputStream());
        try (var body = answer.body()) {
            var endless =
                    answer.headers()
                            .firstValue("Content-Type")
                            .filter(type -> type.startsWith("text/event-stream"))
                            .isPresent();
            return new Answer(
                    answer.statusCode(),
                    answer.headers(),
                    endless ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private Answer ask(String path) throws Exception {
        return send(
                to(path).header("Authorization", Administrator.AUTHORIZATION)
                        .header("Accept", "text/html,*/*;q=0.5"));
    }

    private static List<RoutesTest.Route> reads() {
        return RoutesTest.routes().stream().filter(r -> r.method().equals("GET")).toList();
    }

    private static List<RoutesTest.Route> changes() {
        return RoutesTest.routes().stream().filter(r -> !r.method().equals("GET")).toList();
    }

    private HttpRequest.Builder change(RoutesTest.Route route) {
        var request = to(route.address()).method(route.method(), BodyPublishers.ofString(""));
        var consumes = route.implementation().getAnnotation(Consumes.class);
        if (consumes != null) {
            var type = consumes.value()[0];
            request.header(
                    "Content-Type", type.startsWith("multipart") ? type + "; boundary=none" : type);
        }
        return request;
    }

    /** Cookie of a new session of an administrator. */
    private String session(String name) {
        var account =
                accounts.find(name)
                        .orElseGet(
                                () -> {
                                    var made =
                                            accounts.create(
                                                    name,
                                                    Account.Kind.PERSON,
                                                    null,
                                                    null,
                                                    Audit.SYSTEM);
                                    QuarkusTransaction.requiringNew()
                                            .run(
                                                    () ->
                                                            roles.begin(
                                                                    made.ref(),
                                                                    Role.PLATFORM_ADMIN));
                                    return made;
                                });
        return "atelier-session=" + sessions.begin(account, null, null);
    }

    // Headers ------------------------------------------------------------------------------------

    @Test
    void has_the_headers_that_keep_a_browser_in_bounds() throws Exception {
        var wrong = new ArrayList<String>();
        var paths =
                Stream.concat(PAGES.stream(), reads().stream().map(route -> route.address()))
                        .distinct()
                        .toList();
        for (var path : paths) {
            var answer = ask(path);
            var policy = header(answer, "Content-Security-Policy");
            if (!policy.startsWith("default-src 'none';")
                    || !policy.contains("frame-ancestors 'none'")
                    || !policy.contains("base-uri 'none'")
                    || !policy.contains("object-src 'none'")
                    || policy.contains("unsafe")) {
                wrong.add(path + ": policy " + policy);
            }
            expect(wrong, path, answer, "X-Content-Type-Options", Set.of("nosniff"));
            expect(wrong, path, answer, "Referrer-Policy", Set.of("same-origin"));
            expect(wrong, path, answer, "Cross-Origin-Opener-Policy", Set.of("same-origin"));
            for (var telling : List.of("Server", "X-Powered-By")) {
                if (!header(answer, telling).isEmpty()) {
                    wrong.add(path + " tells its " + telling);
                }
            }
            var type = header(answer, "Content-Type");
            if (type.startsWith("text/html")
                    && !path.startsWith("/docs")
                    && !header(answer, "Cache-Control").equals("no-store")) {
                wrong.add(path + ": Cache-Control " + header(answer, "Cache-Control"));
            }
            if (header(answer, "Cache-Control").contains("public") && !path.startsWith("/assets")) {
                wrong.add(path + " may lie in a shared cache");
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(paths).hasSizeGreaterThan(60);
    }

    private static String header(Answer answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private static void expect(
            List<String> wrong, String path, Answer answer, String name, Set<String> values) {
        if (!values.contains(header(answer, name))) {
            wrong.add(path + ": " + name + " is " + header(answer, name));
        }
    }

    @Test
    void sets_no_cookie_that_scripts_or_other_sites_get() throws Exception {
        var cookies = new ArrayList<String>();
        var person = session("answers-cookie");
        for (var route : RoutesTest.routes()) {
            if (route.path().equals("/logout")) {
                continue;
            }
            var request = route.method().equals("GET") ? to(route.address()) : change(route);
            var answer =
                    send(request.header("Cookie", person).header("Sec-Fetch-Site", "same-origin"));
            cookies.addAll(answer.headers().allValues("Set-Cookie"));
        }
        accounts.create("answers-welcome", Account.Kind.PERSON, null, null, Audit.SYSTEM);
        var code = accounts.invite("answers-welcome", Audit.SYSTEM);
        var words = "password=a+walk+along+the+quay&again=a+walk+along+the+quay&code=" + code;
        var welcome =
                send(
                        change(route("POST", "/welcome"))
                                .header("Sec-Fetch-Site", "same-origin")
                                .POST(BodyPublishers.ofString(words)));
        assertThat(welcome.statusCode()).isEqualTo(303);
        cookies.addAll(welcome.headers().allValues("Set-Cookie"));
        cookies.addAll(
                send(change(route("POST", "/logout"))
                                .header("Cookie", person)
                                .header("Sec-Fetch-Site", "same-origin"))
                        .headers()
                        .allValues("Set-Cookie"));
        assertThat(cookies)
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(
                        cookie ->
                                assertThat(cookie)
                                        .contains("HTTPOnly")
                                        .contains("SameSite=Lax")
                                        .contains("Path=/")
                                        .doesNotContain("Domain="));
    }

    private static RoutesTest.Route route(String method, String path) {
        return RoutesTest.routes().stream()
                .filter(r -> r.method().equals(method) && r.path().equals(path))
                .findFirst()
                .orElseThrow();
    }

    // Other sites --------------------------------------------------------------------------------

    @Test
    void to_a_change_that_another_site_sends_is_403() throws Exception {
        var person = session("answers-forgery");
        var wrong = new ArrayList<String>();
        var asked = 0;
        for (var route : changes()) {
            for (var sign :
                    Map.of(
                                    "Sec-Fetch-Site", "cross-site",
                                    "Origin", "https://evil.example",
                                    "sec-fetch-site", "same-site",
                                    "origin", "null")
                            .entrySet()) {
                var answer =
                        send(
                                change(route)
                                        .header("Cookie", person)
                                        .header(sign.getKey(), sign.getValue()));
                asked++;
                if (answer.statusCode() != 403) {
                    wrong.add(route.key() + " " + sign + ": " + answer.statusCode());
                }
            }
            var open = Gate.Rule.of(route.implementation()).open();
            var silent = send(change(route).header("Cookie", person)).statusCode();
            if (silent != 403 && (open == null || open.value() != Open.To.EVERYONE)) {
                wrong.add(route.key() + " without a word where it comes from: " + silent);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(asked).isGreaterThan(150);
        assertThat(sql.list("select 1 from account where name = 'answers-forgery'", row -> 1))
                .hasSize(1);
    }

    @Test
    void to_a_read_changes_nothing() throws Exception {
        var before = changesOf("user:default/admin");
        for (var route : reads()) {
            ask(route.address());
        }
        assertThat(changesOf("user:default/admin")).isEqualTo(before);
    }

    private long changesOf(String actor) {
        return sql.one(
                // Who takes everything with them is written down, though it changes nothing.
                """
                select count(*) from audit_event
                where actor = ? and outcome = 'done' and action <> 'installation.export'
                """,
                row -> row.getLong(1),
                actor);
    }

    // Queries ------------------------------------------------------------------------------------

    private static final List<String> ODD =
            List.of(
                    "'",
                    "\"",
                    "%",
                    "\\",
                    "';select pg_sleep(9)--",
                    "1) or (1=1",
                    "a\0b",
                    "\ud83d\ude00",
                    "x".repeat(3_000),
                    "-1",
                    "99999999999999999999",
                    "name,(select 1)",
                    "{{7*7}}${7*7}");

    /** Every parameter of every read gets what breaks statements that are glued together. */
    @Test
    void to_an_odd_question_is_no_defect() throws Exception {
        var wrong = new ArrayList<String>();
        var parameters = new TreeSet<String>();
        for (var route : reads()) {
            for (var parameter : route.implementation().getParameters()) {
                var query = parameter.getAnnotation(QueryParam.class);
                var name =
                        query != null
                                ? query.value()
                                : parameter.isAnnotationPresent(RestQuery.class)
                                        ? parameter.getName()
                                        : null;
                if (name == null) {
                    continue;
                }
                parameters.add(route.path() + "?" + name);
                for (var odd : ODD) {
                    var begun = System.nanoTime();
                    var answer =
                            ask(
                                    route.address()
                                            + "?"
                                            + name
                                            + "="
                                            + URLEncoder.encode(odd, StandardCharsets.UTF_8));
                    if (answer.statusCode() >= 500
                            || System.nanoTime() - begun > 8_000_000_000L
                            || leaks(answer.body())) {
                        wrong.add(
                                "%s?%s=%s: %d"
                                        .formatted(route.path(), name, odd, answer.statusCode()));
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(parameters).hasSizeGreaterThan(25);
    }

    private static boolean leaks(String body) {
        return body.contains("org.postgresql")
                || body.contains("\tat ")
                || body.contains("at dev.atelier.")
                || body.contains("syntax error");
    }

    /** Odd bodies, too: no answer shows what the portal is made of. */
    @Test
    void to_nonsense_shows_no_stack_trace() throws Exception {
        var wrong = new ArrayList<String>();
        for (var route : changes()) {
            for (var body : List.of("{", "[]", "\"x\"", "null", "a=%zz&b", "--none\r\n\r\n")) {
                var answer =
                        send(
                                change(route)
                                        .method(route.method(), BodyPublishers.ofString(body))
                                        .header("Authorization", Administrator.AUTHORIZATION));
                if (answer.statusCode() >= 500 && answer.statusCode() != 503
                        || leaks(answer.body())) {
                    wrong.add(route.key() + " " + body + ": " + answer.statusCode());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void to_json_that_names_a_member_twice_is_400() throws Exception {
        for (var body :
                List.of(
                        "{\"name\": \"one\", \"name\": \"two\"}",
                        "{\"name\": \"one\", \"scopes\": [\"catalog:read\"], \"scopes\": null}")) {
            var answer =
                    send(
                            to("/api/v1/account/tokens")
                                    .header("Authorization", Administrator.AUTHORIZATION)
                                    .header("Content-Type", "application/json")
                                    .POST(BodyPublishers.ofString(body)));
            assertThat(answer.statusCode()).as(body).isEqualTo(400);
        }
        assertThat(
                        send(to("/api/catalog/locations?dryRun=true")
                                        .header("Authorization", Administrator.AUTHORIZATION)
                                        .header("Content-Type", "application/json")
                                        .POST(
                                                BodyPublishers.ofString(
                                                        "{\"type\":\"url\",\"target\":\"https://a.example/x.yaml\",\"target\":\"http://127.0.0.1/\"}")))
                                .statusCode())
                .isEqualTo(400);
    }

    // Below /q -----------------------------------------------------------------------------------

    @Test
    void of_what_quarkus_serves_is_for_those_who_may_but_health() throws Exception {
        for (var path :
                List.of(
                        "/q/metrics",
                        "/q/metrics/",
                        "/q//metrics",
                        "//q/metrics",
                        "/q/./metrics",
                        "/q/%6detrics",
                        "/q/health/../metrics",
                        "/q/health/%2e%2e/metrics",
                        "/q/health/..%2fmetrics",
                        "/q/openapi",
                        "/q/openapi?format=json",
                        "/q/dev",
                        "/q/dev-ui",
                        "/q/swagger-ui",
                        "/q/arc/beans",
                        "/q/info")) {
            var answer =
                    send(to("/").uri(URI.create(portal.toString().replaceAll("/$", "") + path)));
            assertThat(answer.statusCode()).as(path).isIn(401, 404);
            assertThat(answer.body()).doesNotContain("jvm_memory");
        }
        assertThat(send(to("/q/health/ready")).statusCode()).isEqualTo(200);
        assertThat(ask("/q/metrics").statusCode()).isEqualTo(200);
    }

    // Secrets in addresses, and what a proxy says ------------------------------------------------

    @Test
    void to_a_token_in_the_address_is_401() throws Exception {
        for (var name : List.of("token", "access_token", "api_key", "apikey", "key", "auth")) {
            assertThat(send(to("/api/v1/account?" + name + "=" + Administrator.TOKEN)).statusCode())
                    .as(name)
                    .isEqualTo(401);
        }
    }

    @Test
    void believes_no_proxy_that_nobody_named() throws Exception {
        var name = "answers-proxy";
        session(name);
        var answer =
                send(
                        to("/login")
                                .header("X-Forwarded-For", "203.0.113.9")
                                .header("X-Forwarded-Proto", "https")
                                .header("X-Forwarded-Host", "evil.example")
                                .header(
                                        "Forwarded",
                                        "for=203.0.113.9;proto=https;host=evil.example")
                                .header("X-Remote-User", "admin")
                                .header("Remote-User", "admin")
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(BodyPublishers.ofString("name=" + name + "&password=wrong")));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(
                        sql.<String>one(
                                "select origin from audit_event where resource = ? and outcome = 'failed' order by id desc limit 1",
                                row -> row.getString(1),
                                "user:default/" + name))
                .isEqualTo("127.0.0.1");
        assertThat(header(answer, "Strict-Transport-Security")).isEmpty();
        assertThat(send(to("/api/v1/account").header("X-Remote-User", "admin")).statusCode())
                .isEqualTo(401);
    }
}
