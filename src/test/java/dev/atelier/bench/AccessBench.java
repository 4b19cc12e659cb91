package dev.atelier.bench;

import dev.atelier.faults.EmbeddedAddress;
import dev.atelier.faults.PortalProcess;
import dev.atelier.identity.Decisions;
import dev.atelier.identity.SignIns;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;

/**
 * What sign-in and permissions cost: a decision, a page with and without somebody signed in,
 * somebody with 200 teams of 1,000 members each beside somebody with one, and whole sign-ins with
 * Keycloak.
 */
final class AccessBench {

    private static final int TEAMS = 200;
    private static final int MEMBERS = 1000;
    private static final int SHARED_WITH = 1000;
    private static final int RESTRICTED = 1000;
    private static final String MODEL = "penguin-species";
    private static final int BROWSERS = 4;
    private static final Duration SIGN_IN = Bench.TIME.multipliedBy(5);

    private AccessBench() {}

    static void people() throws Exception {
        var data = Files.createTempDirectory("atelier-bench");
        try (var portal = PortalProcess.Setup.on(data).home(Path.of("").toAbsolutePath()).start()) {
            portal.awaitReady();
            StartBench.settle(portal);
            var address = portal.address("");
            var database = EmbeddedAddress.of(data);
            System.out.println(ClosedLoop.Figures.HEADINGS + "   portal, database: ms a call");
            var open = "/docs/shortcuts";
            try (var connection =
                    DriverManager.getConnection(
                            database.url(), database.user(), database.password())) {
                fill(connection);
            }
            ask(portal, data, "open page, nobody signed in", open, "");
            ask(portal, data, "open page, with an access token", open, token("one"));
            ask(portal, data, "open page, with a session cookie", open, cookie("one"));
            for (var who : new String[] {"one", "many"}) {
                var teams = who.equals("one") ? "1 team" : TEAMS + " teams";
                ask(portal, data, "home, " + teams, "/", token(who));
                ask(portal, data, "model, " + teams, "/models/" + MODEL, token(who));
                ask(portal, data, "catalog, " + teams, "/catalog?kind=model", token(who));
                ask(
                        portal,
                        data,
                        "by-query, 20 of kind model, " + teams,
                        "/api/catalog/entities/by-query?filter=kind=model&limit=20",
                        token(who));
            }
            try (var connection =
                            DriverManager.getConnection(
                                    database.url(), database.user(), database.password());
                    var statement = connection.createStatement()) {
                statement.execute(
                        """
                        insert into resource_policy (resource, visibility, changed_by)
                        select 'model:default/hidden-' || i, 'restricted', 'bench'
                        from generate_series(1, %d) i
                        """
                                .formatted(RESTRICTED));
            }
            var hidden = ", %d models hidden".formatted(RESTRICTED);
            ask(portal, data, "catalog" + hidden, "/catalog?kind=model", token("one"));
            ask(
                    portal,
                    data,
                    "by-query, 20 of kind model" + hidden,
                    "/api/catalog/entities/by-query?filter=kind=model&limit=20",
                    token("one"));
            for (int teams : new int[] {1, TEAMS}) {
                var figures = Decisions.measure(database, teams, "model:default/" + MODEL);
                System.out.printf(
                        "decision, %d teams, %d grants on the model, warm: p50 %.1f µs, p99 %.1f µs, max %.0f µs of %,d%n",
                        teams,
                        SHARED_WITH,
                        figures.p50() / 1e3,
                        figures.p99() / 1e3,
                        figures.max() / 1e3,
                        figures.calls());
            }
        }
    }

    private static void ask(
            PortalProcess portal, Path data, String label, String path, String credential)
            throws Exception {
        URI address = portal.address("");
        var request =
                dev.atelier.bench.Connection.anybody(
                        address,
                        "GET",
                        path,
                        "Accept: text/html, */*\r\n" + credential,
                        new byte[0]);
        ClosedLoop.Callers callers =
                () -> {
                    var connection = new dev.atelier.bench.Connection(address);
                    return () -> connection.status(request) == 200;
                };
        ClosedLoop.measure(8, Bench.TIME.dividedBy(2), callers);
        long processor = Processes.processor(portal.pid());
        long database = Processes.database(data);
        var figures = ClosedLoop.measure(8, Bench.TIME, callers);
        System.out.printf(
                "%s   %6.3f %6.3f%n",
                figures.line(label, 8),
                (double) (Processes.processor(portal.pid()) - processor) / figures.calls(),
                (double) (Processes.database(data) - database) / figures.calls());
    }

    private static String token(String who) {
        return "Authorization: Bearer token-of-" + who + "\r\n";
    }

    private static String cookie(String who) {
        return "Cookie: atelier-session=cookie-of-" + who + "\r\n";
    }

    private static byte[] hash(String secret) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    }

    private static void fill(Connection connection) throws Exception {
        try (var statement = connection.createStatement()) {
            statement.execute(
                    """
                    insert into account (name, kind, display_name, created_by)
                    select name, 'person', name, 'bench'
                    from (select 'member-' || i as name from generate_series(1, %d) i
                          union all values ('one'), ('many')) all_of_them;
                    insert into team_member (account, team, source)
                    select a.name, 'group:default/team-' || t, 'local'
                    from account a, generate_series(1, %d) t
                    where a.created_by = 'bench' and (a.name <> 'one' or t = 1);
                    insert into role_assignment (holder, role, source, granted_by)
                    values ('group:default/team-1', 'data-scientist', 'local', 'bench');
                    insert into resource_grant (resource, holder, permission, granted_by)
                    select 'model:default/%s', 'user:default/member-' || i, 'model:alias', 'bench'
                    from generate_series(1, %d) i;
                    analyze
                    """
                            .formatted(MEMBERS, TEAMS, MODEL, SHARED_WITH));
        }
        for (var who : new String[] {"one", "many"}) {
            try (var token =
                            connection.prepareStatement(
                                    """
                                    insert into access_token (account, name, hash, hint, created_by)
                                    values (?, 'bench', ?, 'bench', 'bench')
                                    """);
                    var session =
                            connection.prepareStatement(
                                    """
                                    insert into account_session (account, hash, expires_at)
                                    values (?, ?, clock_timestamp() + interval '1 day')
                                    """)) {
                token.setString(1, who);
                token.setBytes(2, hash("token-of-" + who));
                token.executeUpdate();
                session.setString(1, who);
                session.setBytes(2, hash("cookie-of-" + who));
                session.executeUpdate();
            }
        }
    }

    /** Keycloak, the portal, its database and the browsers share the machine. */
    static void signIn() throws Exception {
        var data = Files.createTempDirectory("atelier-bench");
        var setup = PortalProcess.Setup.on(data);
        for (var entry : SignIns.keycloak().entrySet()) {
            setup = setup.environment(entry.getKey(), entry.getValue());
        }
        try (var portal = setup.start()) {
            portal.awaitReady();
            var address = URI.create("http://localhost:" + portal.address("").getPort());
            SignIns.measure(address, BROWSERS, SIGN_IN.dividedBy(2).toNanos());
            long processor = Processes.processor(portal.pid());
            long began = System.nanoTime();
            int done = SignIns.measure(address, BROWSERS, SIGN_IN.toNanos());
            double seconds = (System.nanoTime() - began) / 1e9;
            System.out.printf(
                    "sign-ins with Keycloak, %d browsers: %.0f a minute; portal %.1f ms of processor time each%n",
                    BROWSERS,
                    done / seconds * 60,
                    (double) (Processes.processor(portal.pid()) - processor) / done);
        }
    }
}
