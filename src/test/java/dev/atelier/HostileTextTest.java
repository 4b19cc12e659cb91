package dev.atelier;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.catalog.CatalogFolder;
import dev.atelier.platform.database.Sql;
import dev.atelier.serving.Models;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Every text that people fill in holds an attack, and every page that shows one is read as a
 * browser reads it: the attack must be text there, and must be there.
 */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = CatalogFolder.class, restrictToAnnotatedClass = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisplayName("Hostile text")
class HostileTextTest {

    /** What shows that an attack was shown. */
    private static final String MARK = "planted7";

    /** Breaks out of an attribute, an element, a script, a template and a comment. */
    private static final String ATTACK =
            "\"'><svg onload=" + MARK + "()></textarea></title></script>{{7*7}}{7*7}<!--";

    private static final List<String> SCHEMES =
            List.of(
                    "javascript:planted7()",
                    "JaVaScRiPt:planted7()",
                    " javascript:planted7()",
                    "java\tscript:planted7()",
                    "java\nscript:planted7()",
                    "\u0001javascript:planted7()",
                    "javascript&colon;planted7()",
                    "data:text/html,<script>planted7()</script>",
                    "vbscript:planted7()",
                    "view-source:javascript:planted7()",
                    "//evil.example/",
                    "file:///etc/passwd");

    private static final ObjectMapper JSON = new ObjectMapper();

    @Inject Sql sql;

    private boolean planted;

    @BeforeEach
    void plant() throws IOException {
        if (planted) {
            return;
        }
        planted = true;
        entities();
        model();
        people();
    }

    private static void entities() throws IOException {
        var kinds =
                Map.of(
                        "Component",
                                Map.of("type", ATTACK, "lifecycle", ATTACK, "owner", "hostile"),
                        "System", Map.of("owner", "hostile", "domain", "hostile"),
                        "Domain", Map.of("owner", "hostile"),
                        "API",
                                Map.of(
                                        "type",
                                        "openapi",
                                        "lifecycle",
                                        ATTACK,
                                        "owner",
                                        "hostile",
                                        "definition",
                                        ATTACK),
                        "Resource", Map.of("type", ATTACK, "owner", "hostile"),
                        "Group",
                                Map.of(
                                        "type", ATTACK,
                                        "children", List.of(),
                                        "profile", profile()),
                        "User", Map.of("memberOf", List.of("hostile"), "profile", profile()));
        var documents = new ArrayList<String>();
        for (var kind : kinds.entrySet()) {
            documents.add(
                    JSON.writeValueAsString(
                            Map.of(
                                    "apiVersion",
                                    "backstage.io/v1alpha1",
                                    "kind",
                                    kind.getKey(),
                                    "metadata",
                                    Map.of(
                                            "name",
                                            "hostile",
                                            "title",
                                            "Title " + ATTACK,
                                            "description",
                                            "Description " + ATTACK,
                                            "annotations",
                                            Map.of(
                                                    "evil.example/note",
                                                    ATTACK,
                                                    "backstage.io/view-url",
                                                    SCHEMES.getFirst(),
                                                    "backstage.io/edit-url",
                                                    SCHEMES.get(1)),
                                            "links",
                                            List.of(
                                                    Map.of(
                                                            "url",
                                                            "https://ok.example/",
                                                            "title",
                                                            ATTACK))),
                                    "spec",
                                    kind.getValue())));
        }
        for (int i = 0; i < SCHEMES.size(); i++) {
            documents.add(
                    JSON.writeValueAsString(
                            Map.of(
                                    "apiVersion",
                                    "backstage.io/v1alpha1",
                                    "kind",
                                    "Component",
                                    "metadata",
                                    Map.of(
                                            "name",
                                            "hostile-link-" + i,
                                            "links",
                                            List.of(Map.of("url", SCHEMES.get(i), "title", "x"))),
                                    "spec",
                                    Map.of(
                                            "type", "service",
                                            "lifecycle", "production",
                                            "owner", "hostile"))));
        }
        // Wrong ones show their text on the page of problems.
        documents.add(
                "{\"apiVersion\": \"backstage.io/v1alpha1\", \"kind\": %s, \"metadata\": {\"name\": %s}}"
                        .formatted(
                                JSON.writeValueAsString(ATTACK), JSON.writeValueAsString(ATTACK)));
        Files.writeString(
                Path.of(System.getProperty("atelier.test.catalog")).resolve("hostile.yaml"),
                String.join("\n---\n", documents));
        Awaitility.await("the catalog has read it")
                .atMost(Duration.ofSeconds(30))
                .until(() -> get("/catalog/default/component/hostile").statusCode() == 200);
    }

    private static Map<String, Object> profile() {
        return Map.of(
                "displayName", "Name " + ATTACK,
                "email", ATTACK + "@evil.example",
                "picture", SCHEMES.getFirst());
    }

    private static void model() {
        var parameters =
                Map.of(
                        "description",
                        "Model " + ATTACK,
                        "license",
                        ATTACK,
                        "tags",
                        Map.of("note", ATTACK));
        given().multiPart("file", "model.onnx", Models.perceptron())
                .multiPart("file", "a'><svg onload=planted7()>.txt", "text".getBytes())
                .multiPart("file", "page.html", ("<script>" + MARK + "()</script>").getBytes())
                .multiPart("card", "# Card " + ATTACK + "\n\n[x](javascript:planted7()) " + ATTACK)
                .multiPart("parameters", json(parameters))
                .post("/api/v1/models/hostile/versions")
                .then()
                .statusCode(201);
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private void people() {
        given().redirects()
                .follow(false)
                .formParam("name", "hostile")
                .formParam("display", "Person " + ATTACK)
                .formParam("kind", "person")
                .formParam("owner", ATTACK)
                .formParam("role", "developer")
                .post("/admin/people")
                .then()
                .statusCode(200);
        given().redirects()
                .follow(false)
                .formParam("name", "hostile-program")
                .formParam("display", "Program " + ATTACK)
                .formParam("kind", "service")
                .formParam("owner", ATTACK)
                .post("/admin/people")
                .then()
                .statusCode(303);
        given().contentType("application/json")
                .body(Map.of("name", "\"><svg onload=planted7()>'{{7*7}}<!--"))
                .post("/api/v1/account/tokens")
                .then()
                .statusCode(201);
        sql.update(
                """
                insert into account_session (hash, account, expires_at, origin, user_agent)
                values (sha256('hostile'::bytea), 'admin', clock_timestamp() + interval '1 day', ?, ?)
                """,
                ATTACK,
                "Firefox Windows " + ATTACK);
        // Refusals and failures are written down with what was asked for.
        given().noFilters()
                .header("Sec-Fetch-Site", "same-origin")
                .formParam("name", ATTACK)
                .formParam("password", ATTACK)
                .post("/login")
                .then()
                .statusCode(422);
        sql.update(
                """
                insert into audit_event (actor, action, resource, outcome, origin, detail)
                values (?, ?, ?, 'done', ?, ?)
                """,
                ATTACK,
                ATTACK,
                ATTACK,
                ATTACK,
                json(Map.of("note", ATTACK, ATTACK, "x")));
    }

    private static RequestSpecification visitor() {
        return given().accept("text/html,*/*;q=0.5").redirects().follow(false);
    }

    private static Response get(String page) {
        return visitor().get(page);
    }

    private static Response get(String page, String parameter, String value) {
        return visitor().queryParam(parameter, value).get(page);
    }

    /** Pages by what was asked, each as it was answered. */
    private static Map<String, Response> pages() {
        var pages = new LinkedHashMap<String, Response>();
        for (var page :
                List.of(
                        "/",
                        "/catalog",
                        "/catalog/problems",
                        "/catalog/locations",
                        "/models/hostile",
                        "/models/hostile/versions",
                        "/models/hostile/versions/1",
                        "/models/hostile/try",
                        "/models/hostile/observability",
                        "/catalog/default/model/hostile/relations",
                        "/catalog/default/model/hostile/source",
                        "/account",
                        "/admin/people",
                        "/admin/access",
                        "/admin/access?tokens=all",
                        "/admin/audit",
                        "/admin/system")) {
            pages.put(page, get(page));
        }
        for (var kind :
                List.of("component", "system", "domain", "api", "resource", "group", "user")) {
            for (var tab : List.of("", "/relations", "/source")) {
                var page = "/catalog/default/" + kind + "/hostile" + tab;
                pages.put(page, get(page));
            }
        }
        for (int i = 0; i < SCHEMES.size(); i++) {
            var page = "/catalog/default/component/hostile-link-" + i;
            pages.put(page, get(page));
        }
        for (var asked :
                List.of(
                        "/catalog?q",
                        "/catalog?kind",
                        "/catalog?owner",
                        "/catalog?tag",
                        "/catalog?type",
                        "/palette?q",
                        "/admin/people?q",
                        "/admin/audit?actor",
                        "/admin/audit?action",
                        "/admin/audit?resource",
                        "/models/new?name",
                        "/models/hostile/try?version",
                        "/models/hostile/observability?range",
                        "/login/callback?error",
                        "/no/such?page")) {
            var parts = asked.split("\\?");
            pages.put(asked, get(parts[0], parts[1], ATTACK));
        }
        pages.put(
                "/admin/access?who",
                visitor()
                        .queryParam("who", ATTACK)
                        .queryParam("what", "model:read")
                        .queryParam("on", ATTACK)
                        .get("/admin/access"));
        for (var path :
                List.of("/no/{x}", "/docs/{x}", "/models/{x}", "/catalog/default/user/{x}")) {
            pages.put(path, visitor().pathParam("x", "<svg onload=planted7()>").get(path));
        }
        pages.put(
                "POST /login",
                given().noFilters()
                        .header("Sec-Fetch-Site", "same-origin")
                        .accept("text/html")
                        .formParam("name", ATTACK)
                        .formParam("next", ATTACK)
                        .post("/login"));
        pages.put(
                "POST /admin/people",
                visitor()
                        .formParam("name", ATTACK)
                        .formParam("display", ATTACK)
                        .post("/admin/people"));
        pages.put(
                "POST /catalog/locations",
                visitor().formParam("target", ATTACK).post("/catalog/locations"));
        pages.put(
                "POST /catalog/problems/check",
                visitor()
                        .formParam("text", ATTACK)
                        .formParam("yaml", ATTACK)
                        .post("/catalog/problems/check"));
        return pages;
    }

    @Test
    void is_text_on_every_page_that_shows_it() {
        var wrong = new ArrayList<String>();
        var shown = new TreeSet<String>();
        for (var page : pages().entrySet()) {
            var answer = page.getValue();
            if (answer.statusCode() >= 500) {
                wrong.add(page.getKey() + ": " + answer.statusCode());
            }
            if (!String.valueOf(answer.contentType()).startsWith("text/html")) {
                continue;
            }
            var html = answer.asString();
            var document = Jsoup.parse(html);
            faults(document).forEach(fault -> wrong.add(page.getKey() + ": " + fault));
            if (html.toLowerCase(Locale.ROOT).contains("<svg onload")) {
                wrong.add(page.getKey() + ": it is there as it was sent");
            }
            if (document.text().contains("49}}") || document.text().contains("{49}")) {
                wrong.add(page.getKey() + ": it was computed");
            }
            if (html.contains(MARK)) {
                shown.add(page.getKey());
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(shown)
                .as("pages that show it at all")
                .contains(
                        "/catalog",
                        "/catalog/problems",
                        "/catalog/default/component/hostile",
                        "/catalog/default/group/hostile",
                        "/catalog/default/user/hostile",
                        "/models/hostile",
                        "/models/hostile/versions/1",
                        "/account",
                        "/admin/people",
                        "/admin/access",
                        "/admin/audit",
                        "/admin/access?who",
                        "/catalog?q",
                        "POST /login",
                        "POST /catalog/locations");
    }

    /** What a browser would run or follow. */
    private static List<String> faults(Document document) {
        var faults = new ArrayList<String>();
        for (var element : document.getAllElements()) {
            for (var attribute : element.attributes()) {
                var name = attribute.getKey().toLowerCase(Locale.ROOT);
                var value =
                        attribute
                                .getValue()
                                .replaceAll("[\\p{Cc}\\s]", "")
                                .toLowerCase(Locale.ROOT);
                if (name.startsWith("on") || name.equals("style") || name.equals("srcdoc")) {
                    faults.add("an attribute " + name + " of " + element.tagName());
                }
                if ((name.equals("href")
                                || name.equals("src")
                                || name.equals("action")
                                || name.equals("formaction")
                                || name.equals("data"))
                        && value.matches("(javascript|data|vbscript|view-source|file).*")
                        && !value.startsWith("data:image/")) {
                    faults.add("an address " + value);
                }
            }
            if (element.tagName().equals("script") && !element.html().isBlank()) {
                faults.add("a script");
            }
        }
        return faults;
    }

    @Test
    void leads_nowhere_but_to_the_web() {
        for (int i = 0; i < SCHEMES.size(); i++) {
            var page = Jsoup.parse(get("/catalog/default/component/hostile-link-" + i).asString());
            assertThat(page.select("main a[href], a[href*=planted7]").eachAttr("href"))
                    .as(SCHEMES.get(i))
                    .allMatch(href -> href.matches("(/[^/].*|/|#.*|https?://.*)"))
                    .noneMatch(href -> href.contains(MARK));
        }
    }

    @Test
    void is_a_file_to_keep_and_never_a_page() {
        for (var file : List.of("page.html", "README.md")) {
            given().get("/api/v1/models/hostile/versions/1/files/" + file)
                    .then()
                    .statusCode(200)
                    .header("Content-Type", "application/octet-stream")
                    .header("X-Content-Type-Options", "nosniff")
                    .header("Content-Disposition", org.hamcrest.Matchers.startsWith("attachment;"));
        }
        given().get(
                        "/api/v1/models/hostile/versions/1/files/{name}",
                        "a'><svg onload=planted7()>.txt")
                .then()
                .statusCode(200)
                .header(
                        "Content-Disposition",
                        "attachment; filename=\"a___svg_onload_planted7___.txt\";"
                                + " filename*=UTF-8''a%27%3E%3Csvg%20onload%3Dplanted7%28%29%3E.txt");
    }
}
