package dev.atelier.identity;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.faults.EmbeddedAddress;
import dev.atelier.platform.database.Sql;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Times the decision itself, without HTTP: the portal's own classes on its database. */
public final class Decisions {

    /** In nanoseconds. */
    public record Figures(long p50, long p99, long max, long calls) {}

    private static final int CALLS = 2_000_000;

    private Decisions() {}

    /**
     * May somebody call a model, warm: matrix, owner and grants are known.
     *
     * @param teams how many the person is in; the role that allows it comes by the last
     * @param resource reference of the model
     */
    public static Figures measure(EmbeddedAddress database, int teams, String resource)
            throws Exception {
        var configuration =
                new AgroalDataSourceConfigurationSupplier()
                        .connectionPoolConfiguration(
                                pool ->
                                        pool.maxSize(2)
                                                .connectionFactoryConfiguration(
                                                        factory ->
                                                                factory.jdbcUrl(database.url())
                                                                        .principal(
                                                                                new NamePrincipal(
                                                                                        database
                                                                                                .user()))
                                                                        .credential(
                                                                                new SimplePassword(
                                                                                        database
                                                                                                .password()))));
        try (var source = AgroalDataSource.from(configuration)) {
            var sql = new Sql(source);
            var access =
                    new Access(
                            new Roles(
                                    sql,
                                    new Audit(sql, new ObjectMapper(), null),
                                    null,
                                    null,
                                    null),
                            sql,
                            List.of(refs -> Map.of()),
                            null);
            var subject = somebody(teams);
            var times = new long[CALLS];
            // A third unmeasured, as everywhere.
            for (int i = -CALLS / 3; i < CALLS; i++) {
                long began = System.nanoTime();
                var allowed =
                        access.decide(subject, Permission.MODEL_CALL, access.resource(resource))
                                .allowed();
                long took = System.nanoTime() - began;
                if (!allowed) {
                    throw new IllegalStateException("refused");
                }
                if (i >= 0) {
                    times[i] = took;
                }
            }
            Arrays.sort(times);
            return new Figures(
                    times[CALLS / 2], times[(int) (CALLS * 0.99)], times[CALLS - 1], CALLS);
        }
    }

    private static Subject somebody(int teams) {
        var all = new ArrayList<String>();
        for (int i = 1; i <= teams; i++) {
            all.add("group:default/team-" + i);
        }
        return new Subject(
                "user:default/somebody",
                "somebody",
                "Somebody",
                true,
                List.of(new Subject.Held(Role.DEVELOPER, null, all.getLast())),
                Set.copyOf(all),
                null,
                null);
    }
}
