package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Every route of the portal, found in its classes, asked by every role. What each must answer
 * stands in {@code docs/permissions.md}, which people read and review: a route that is not there
 * fails.
 */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Every route")
class RoutesTest {

    private static final java.nio.file.Path DECISIONS =
            java.nio.file.Path.of("docs/permissions.md");
    private static final String MODEL = "routes";

    /** Words of the decision column, by who gets through. */
    private static final String EVERYONE = "everyone";

    private static final String SIGNED_IN = "signed in";

    @TestHTTPResource("/")
    URI portal;

    @Inject Accounts accounts;
    @Inject AccessTokens tokens;
    @Inject Roles roles;

    record Route(String method, String path, Method implementation) {
        String key() {
            return method + " " + path;
        }

        /** A rule as the docs say it. */
        String decision() {
            var rule = Gate.Rule.of(implementation);
            if (rule.open() != null) {
                return rule.open().value() == Open.To.EVERYONE ? EVERYONE : SIGNED_IN;
            }
            return rule.needs() == null
                    ? "none"
                    : "`"
                            + rule.needs().value().id()
                            + "`"
                            + (rule.needs().model().isEmpty() ? "" : " on the model");
        }

        /** With names for its parameters; the model exists, all else does not. */
        String address() {
            return path.replaceAll("\\{(id)(:[^}]*)?\\}", "4711")
                    .replace("{model}", MODEL)
                    .replaceAll("(/api/v1/models/)\\{name\\}", "$1" + MODEL)
                    .replaceAll("\\{[a-z]+(:[^}]*)?\\}", "nothing");
        }
    }

    static List<Route> routes() {
        var list = new ArrayList<Route>();
        for (var found :
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.atelier")) {
            if (!found.isAnnotatedWith(Path.class)) {
                continue;
            }
            var type = found.reflect();
            for (var method : type.getDeclaredMethods()) {
                for (var annotation : method.getAnnotations()) {
                    var verb = annotation.annotationType().getAnnotation(HttpMethod.class);
                    if (verb != null) {
                        var below = method.getAnnotation(Path.class);
                        list.add(
                                new Route(
                                        verb.value(),
                                        join(
                                                type.getAnnotation(Path.class).value(),
                                                below == null ? "" : below.value()),
                                        method));
                    }
                }
            }
        }
        return list;
    }

    private static String join(String a, String b) {
        var path = ("/" + a + "/" + b).replaceAll("/+", "/");
        return path.length() > 1 && path.endsWith("/")
                ? path.substring(0, path.length() - 1)
                : path;
    }

    @Test
    void has_a_decision_that_people_reviewed() throws IOException {
        var documented = new TreeMap<String, String>();
        for (var line : Files.readAllLines(DECISIONS)) {
            var cells = line.split("\\|");
            if (line.startsWith("| `") && cells.length >= 4) {
                documented.put(
                        cells[1].strip().replace("`", "") + " " + cells[2].strip().replace("`", ""),
                        cells[3].strip());
            }
        }
        var real =
                routes().stream()
                        .collect(
                                Collectors.toMap(
                                        Route::key, Route::decision, (a, b) -> a, TreeMap::new));

        assertThat(real).hasSizeGreaterThan(70).doesNotContainValue("none");
        assertThat(
                        real.entrySet().stream()
                                .map(e -> row(e.getKey(), e.getValue()))
                                .collect(Collectors.joining("\n")))
                .as("the table of docs/permissions.md")
                .isEqualTo(
                        documented.entrySet().stream()
                                .map(e -> row(e.getKey(), e.getValue()))
                                .collect(Collectors.joining("\n")));
    }

    private static String row(String key, String decision) {
        var space = key.indexOf(' ');
        return "| `%s` | `%s` | %s |"
                .formatted(key.substring(0, space), key.substring(space + 1), decision);
    }

    @Test
    void lets_through_whom_its_permission_names_and_nobody_else() throws Exception {
        var wrong = new ArrayList<String>();
        var asked = 0;
        var secrets = tokensByRole();
        try (var client =
                HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build()) {
            for (var route : routes()) {
                var rule = Gate.Rule.of(route.implementation());
                var nobody = ask(client, route, null);
                asked++;
                if (open(rule, Open.To.EVERYONE)) {
                    if (nobody == 401) {
                        wrong.add(route.key() + " turned nobody in particular away");
                    }
                    continue;
                }
                if (nobody != 401) {
                    wrong.add(route.key() + " answered " + nobody + " to somebody unknown");
                }
                for (var entry : secrets.entrySet()) {
                    var answer = ask(client, route, entry.getValue());
                    asked++;
                    var expected =
                            rule.needs() == null || allowed(entry.getKey(), rule.needs(), route);
                    if (answer == 401 || (answer == 403) == expected) {
                        wrong.add(
                                "%s answered %d to a %s"
                                        .formatted(route.key(), answer, entry.getKey().id()));
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(asked).isGreaterThan(400);
    }

    private static boolean open(Gate.Rule rule, Open.To to) {
        return rule.open() != null && rule.open().value() == to;
    }

    /** From the shipped matrix, written down once more by hand: who is in another team. */
    private static boolean allowed(Role role, Needs needs, Route route) {
        var least =
                switch (needs.value()) {
                    case CATALOG_READ,
                            CATALOG_REFRESH,
                            MODEL_READ,
                            MODEL_TRY,
                            EXPERIMENT_READ,
                            REPOSITORY_READ ->
                            Role.VIEWER;
                    case EXPERIMENT_RECORD, EXPERIMENT_SHARE -> Role.DATA_SCIENTIST;
                    case MODEL_CALL,
                            MODEL_DOWNLOAD,
                            TOKEN_HOLD,
                            CATALOG_REGISTER,
                            REPOSITORY_WRITE,
                            REPOSITORY_CREATE,
                            TEMPLATE_RUN,
                            TASK_APPROVE ->
                            Role.DEVELOPER;
                    case REPOSITORY_DELETE -> Role.DATA_SCIENTIST;
                    case MODEL_REGISTER, MONITORING_RECORD, INCIDENT_HANDLE ->
                            needs.model().isEmpty() ? Role.DATA_SCIENTIST : Role.PLATFORM_ADMIN;
                    case CATALOG_REMOVE, OPERATIONS_READ -> Role.ML_ENGINEER;
                    // Of another team's model, and gates of all teams: only the administrator.
                    case MODEL_ALIAS ->
                            needs.model().isEmpty() && !route.path().contains("/gates")
                                    ? Role.ML_ENGINEER
                                    : Role.PLATFORM_ADMIN;
                    // Without a model it is about one's own webhooks.
                    case MODEL_SHARE ->
                            needs.model().isEmpty() ? Role.DATA_SCIENTIST : Role.PLATFORM_ADMIN;
                    case SERVING_OPERATE -> Role.PLATFORM_ADMIN;
                    case AUDIT_READ, ACCESS_MANAGE, CONNECTION_MANAGE -> Role.PLATFORM_ADMIN;
                };
        return role.compareTo(least) >= 0;
    }

    private Map<Role, String> tokensByRole() {
        var secrets = new EnumMap<Role, String>(Role.class);
        for (var role : Role.values()) {
            var name = "routes-" + role.id();
            var account = accounts.create(name, Account.Kind.SERVICE, null, null, Audit.SYSTEM);
            grant(account.ref(), role);
            secrets.put(
                    role,
                    tokens.issue(account, "matrix", null, Duration.ofHours(1), Audit.SYSTEM)
                            .secret());
        }
        return secrets;
    }

    private void grant(String holder, Role role) {
        io.quarkus.narayana.jta.QuarkusTransaction.requiringNew()
                .run(() -> roles.begin(holder, role));
    }

    private int ask(HttpClient client, Route route, @Nullable String secret) throws Exception {
        var consumes = route.implementation().getAnnotation(jakarta.ws.rs.Consumes.class);
        var request =
                HttpRequest.newBuilder(portal.resolve(route.address()))
                        .timeout(Duration.ofSeconds(30))
                        .header("Accept", "application/json, */*;q=0.5")
                        .method(
                                route.method(),
                                route.method().equals("GET")
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(""));
        if (consumes != null) {
            var type = consumes.value()[0];
            request.header(
                    "Content-Type", type.startsWith("multipart") ? type + "; boundary=none" : type);
        }
        if (secret != null) {
            request.header("Authorization", "Bearer " + secret);
        }
        return client.send(request.build(), BodyHandlers.discarding()).statusCode();
    }
}
