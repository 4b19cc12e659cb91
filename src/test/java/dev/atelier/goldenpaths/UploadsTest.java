package dev.atelier.goldenpaths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;

import dev.atelier.TestDatabase;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(UploadsTest.Small.class)
@DisplayName("Files uploaded in a form")
class UploadsTest {

    /** Limits that a test can reach. */
    public static class Small implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "atelier.golden-paths.upload-file-most", "200000",
                    "atelier.golden-paths.upload-files-most", "3");
        }
    }

    private static final String SPEC =
            """
            parameters:
              - title: First
                required: [name]
                properties:
                  name: {title: Name, type: string, pattern: '^[a-z]+$'}
                  files: {title: Files, type: string, ui:field: FileUpload}
                  small: {title: Small, type: string, format: data-url}
              - title: Second
                properties:
                  one:
                    title: One
                    type: string
                    ui:field: FileUpload
                    ui:options: {multiple: false, accept: [.csv, .tsv]}
            steps:
              - id: fetch
                action: fetch:plain
                if: ${{ parameters.files }}
                input: {url: "${{ parameters.files }}", targetPath: got}
              - id: list
                action: fs:readdir
                if: ${{ parameters.files }}
                input: {paths: [got], recursive: true}
              - id: say
                action: debug:log
                input: {message: "small ${{ parameters.small }}"}
            """;

    @Inject Sql sql;
    @Inject FormUploads uploads;
    @Inject Drafts drafts;

    @TestHTTPResource("/")
    URI portal;

    private Person person;
    private EntityRef path;

    @BeforeEach
    void somebody_and_a_path_that_asks_for_files() {
        person = Person.named("uploads").with("developer");
        path = Paths.publish(SPEC);
    }

    private String address() {
        return "/golden-paths/default/" + path.name();
    }

    private static Document read(Response answer, int status) {
        return Jsoup.parse(answer.then().statusCode(status).extract().asString());
    }

    private Response begin(String name, Map<String, String> files) {
        var asks = person.asks().multiPart("/name", name);
        files.forEach(
                (file, text) ->
                        asks.multiPart(
                                "/files",
                                file,
                                text.getBytes(StandardCharsets.UTF_8),
                                "application/octet-stream"));
        return asks.post(address() + "/files");
    }

    private long kept() {
        return sql.one(
                "select count(*) from task_upload where account = ?",
                row -> row.getLong(1),
                person.ref());
    }

    private long staged() {
        return sql.one(
                "select count(*) from blob_upload where owner = ?",
                row -> row.getLong(1),
                person.ref());
    }

    private static String where(Response answer) {
        return URI.create(answer.then().statusCode(303).extract().header("Location")).getPath();
    }

    @Test
    void go_with_the_answers_to_the_task_and_no_further() {
        var form = read(person.asks().get(address()), 200);
        assertThat(form.select("form#questions").attr("enctype")).isEqualTo("multipart/form-data");
        assertThat(form.select("form#questions").attr("action")).isEqualTo(address() + "/files");
        assertThat(form.select("input[type=file][name=/files]").hasAttr("multiple")).isTrue();

        var second = where(begin("wine", Map.of("a.txt", "first", "deep/b.txt", "second")));
        var back = read(person.asks().get(second.replaceAll("/2$", "/1")), 200);
        assertThat(back.select("li").eachText()).contains("a.txt 5 bytes", "deep/b.txt 6 bytes");
        var review =
                where(
                        person.asks()
                                .multiPart(
                                        "/one",
                                        "rows.csv",
                                        "x\n1\n".getBytes(StandardCharsets.UTF_8))
                                .post(second + "/files"));
        assertThat(read(person.asks().get(review), 200).select("dd").eachText())
                .contains("a.txt, 5 bytes deep/b.txt, 6 bytes", "rows.csv, 4 bytes");
        var task = where(person.asks().post(review));

        var id = UUID.fromString(task.substring(task.lastIndexOf('/') + 1));
        var ended = Paths.ended(id);
        assertThat(ended.fault()).isNull();
        assertThat(ended.of(1).path("files").findValuesAsText("fullPath"))
                .containsExactly("got/a.txt", "got/deep/b.txt");
        // It is done, so nobody needs them.
        assertThat(kept()).isEqualTo(2);
        uploads.forgetOld();
        assertThat(kept()).isZero();
    }

    @Test
    void stay_when_another_answer_needs_another_look() {
        var wrong = read(begin("No Good", Map.of("a.txt", "first")), 422);

        assertThat(wrong.select(".error-summary li").eachText()).hasSize(1);
        assertThat(wrong.select("li").eachText()).contains("a.txt 5 bytes");
        var action = wrong.select("form#questions").attr("action");
        assertThat(action).startsWith("/golden-paths/drafts/").endsWith("/1/files");
        // As the browser sends it: the file field is empty now.
        var next =
                where(
                        person.asks()
                                .multiPart("/name", "good")
                                .multiPart("/files", "", new byte[0])
                                .post(action));
        assertThat(next).endsWith("/2");
        assertThat(kept()).isEqualTo(1);
        // Others take their place, and none when they are taken away.
        where(
                person.asks()
                        .multiPart("/name", "good")
                        .multiPart("/files", "c.txt", "third".getBytes(StandardCharsets.UTF_8))
                        .post(action));
        assertThat(kept()).isEqualTo(1);
        assertThat(read(person.asks().get(next.replaceAll("/2$", "/1")), 200).text())
                .contains("c.txt")
                .doesNotContain("a.txt");
        where(person.asks().multiPart("/name", "good").multiPart("/files#drop", "1").post(action));
        assertThat(kept()).isZero();
    }

    @Test
    void go_when_their_draft_does() {
        var second = where(begin("wine", Map.of("a.txt", "first")));
        assertThat(kept()).isEqualTo(1);

        person.asks().post(second.replaceAll("/2$", "/deletion")).then().statusCode(303);

        assertThat(kept()).isZero();
    }

    @Test
    void are_of_no_use_to_anybody_else() {
        String reference = upload(person, "a.txt", "mine").then().extract().path("reference");
        var other = Person.named("other").with("developer");

        start(other, reference)
                .then()
                .statusCode(400)
                .body("errors.message.toString()", containsString("not yours"));
        start(other, "upload:" + UUID.randomUUID())
                .then()
                .statusCode(400)
                .body("errors.message.toString()", containsString("not yours"));
        // Nor by an address that fetch:plain is given.
        var plain =
                Paths.publish(
                        """
                        parameters: {properties: {u: {type: string}}}
                        steps: [{id: f, action: "fetch:plain", input: {url: "${{ parameters.u }}"}}]
                        """);
        other.asks()
                .contentType("application/json")
                .body(Map.of("templateRef", plain.toString(), "values", Map.of("u", reference)))
                .post("/api/scaffolder/v2/tasks")
                .then()
                .statusCode(409)
                .body(containsString("Upload the files again"));
        start(person, reference).then().statusCode(201);
        start(person, reference)
                .then()
                .statusCode(400)
                .body("errors.message.toString()", containsString("another task"));
        // What became of files is for the wizard to say, not for whoever fills it in.
        var draft =
                where(
                        other.asks()
                                .multiPart("/name", "x")
                                .multiPart("/files#taken", reference)
                                .post(address() + "/files"));
        assertThat(read(other.asks().get(draft.replaceAll("/2$", "/1")), 200).text())
                .doesNotContain("a.txt");
    }

    private Response upload(Person who, String name, String text) {
        return who.asks()
                .multiPart("file", name, text.getBytes(StandardCharsets.UTF_8))
                .post("/api/v1/uploads");
    }

    private Response start(Person who, String reference) {
        return who.asks()
                .contentType("application/json")
                .body(
                        Map.of(
                                "templateRef",
                                path.toString(),
                                "values",
                                Map.of("name", "wine", "files", reference)))
                .post("/api/scaffolder/v2/tasks");
    }

    @Test
    void come_from_programs_too() {
        upload(person, "deep/a.txt", "mine")
                .then()
                .statusCode(201)
                .body("reference", matchesPattern("upload:[0-9a-f-]{36}"))
                .body("files.path", equalTo(List.of("deep/a.txt")))
                .body("files.size", equalTo(List.of(4)));
        person.asks()
                .multiPart("other", "a.txt", "x".getBytes(StandardCharsets.UTF_8))
                .post("/api/v1/uploads")
                .then()
                .statusCode(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../a.txt", "/etc/passwd", "a/../../b", "a\u0000b", "con", "a//b", "."})
    void have_names_that_every_system_can_keep(String name) {
        var boundary = "b0undary";
        var body =
                "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\nx\r\n--%s--\r\n"
                        .formatted(boundary, name, boundary);

        person.asks()
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .body(body.getBytes(StandardCharsets.UTF_8))
                .post("/api/v1/uploads")
                .then()
                .statusCode(400);

        assertThat(kept()).isZero();
        assertThat(staged()).isZero();
    }

    @Test
    void have_bounds() {
        assertThat(
                        begin("wine", Map.of("large.bin", "x".repeat(200_001)))
                                .then()
                                .statusCode(413)
                                .extract()
                                .asString())
                .contains("large.bin", "200,000 bytes");
        begin("wine", Map.of("a", "1", "b", "2", "c", "3", "d", "4")).then().statusCode(413);
        begin("wine", new HashMap<>(Map.of("a.txt", ""))).then().statusCode(400);
        person.asks()
                .multiPart("/name", "wine")
                .multiPart("/small", "s.bin", new byte[(1 << 20) + 1])
                .post(address() + "/files")
                .then()
                .statusCode(413);
        person.asks()
                .multiPart("/name", "f.txt", "x".getBytes(StandardCharsets.UTF_8))
                .post(address() + "/files")
                .then()
                .statusCode(400);
        var second = where(begin("wine", Map.of()));
        person.asks()
                .multiPart("/one", "a.csv", "x".getBytes(StandardCharsets.UTF_8))
                .multiPart("/one", "b.csv", "x".getBytes(StandardCharsets.UTF_8))
                .post(second + "/files")
                .then()
                .statusCode(400);
        assertThat(
                        read(
                                        person.asks()
                                                .multiPart(
                                                        "/one",
                                                        "a.exe",
                                                        "x".getBytes(StandardCharsets.UTF_8))
                                                .post(second + "/files"),
                                        422)
                                .select(".error-summary")
                                .text())
                .contains("a.exe is none of these files: .csv, .tsv");

        assertThat(kept()).isEqualTo(1);
        assertThat(staged()).isZero();
    }

    @Test
    void that_end_in_the_middle_leave_nothing() throws Exception {
        var half =
                "--b\r\nContent-Disposition: form-data; name=\"/name\"\r\n\r\nwine\r\n"
                        + "--b\r\nContent-Disposition: form-data; name=\"/files\"; filename=\"a.txt\"\r\n\r\nhalf";
        person.asks()
                .header("Content-Type", "multipart/form-data; boundary=b")
                .body(half.getBytes(StandardCharsets.UTF_8))
                .post(address() + "/files")
                .then()
                .statusCode(400)
                .body(containsString("ends in the middle"));
        assertThat(kept()).isZero();
        assertThat(staged()).isZero();

        try (var socket = new Socket(portal.getHost(), portal.getPort())) {
            socket.getOutputStream()
                    .write(
                            ("POST %s/files HTTP/1.1\r\nHost: %s:%d\r\nAuthorization: Bearer %s\r\n"
                                            + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n%s")
                                    .formatted(
                                            address(),
                                            portal.getHost(),
                                            portal.getPort(),
                                            person.token(),
                                            half)
                                    .getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> staged() == 1);
        }
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> staged() == 0);
        assertThat(kept()).isZero();
    }

    @Test
    void that_are_small_may_be_answers_as_backstage_has_them() {
        var second =
                where(
                        person.asks()
                                .multiPart("/name", "wine")
                                .multiPart(
                                        "/small",
                                        "my rows.csv",
                                        "a;b".getBytes(StandardCharsets.UTF_8))
                                .post(address() + "/files"));

        var back = read(person.asks().get(second.replaceAll("/2$", "/1")), 200);
        assertThat(back.select("li").eachText()).contains("my rows.csv 3 bytes");
        var review =
                where(person.asks().multiPart("/one", "", new byte[0]).post(second + "/files"));
        var task = where(person.asks().post(review));
        assertThat(Paths.ended(UUID.fromString(task.substring(task.lastIndexOf('/') + 1))).log())
                .contains("small data:application/octet-stream;name=my%20rows.csv;base64,YTti");
    }

    @Test
    void are_asked_for_where_the_address_of_an_answer_is_opened() {
        assertThat(where(person.asks().get(address() + "/files"))).isEqualTo(address());
        var second = where(begin("wine", Map.of()));
        assertThat(where(person.asks().get(second + "/files"))).isEqualTo(second);
    }
}
