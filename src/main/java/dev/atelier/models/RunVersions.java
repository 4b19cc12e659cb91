package dev.atelier.models;

import dev.atelier.experiments.MadeVersions;
import dev.atelier.experiments.Run;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Tells the page of a run which versions were made of it. */
@ApplicationScoped
class RunVersions implements MadeVersions {

    private static final int MOST = 50;

    private final Sql sql;
    private final Sight sight;

    RunVersions(Sql sql, Sight sight) {
        this.sql = sql;
        this.sight = sight;
    }

    @Override
    public List<Made> of(Run run) {
        return sql
                .list(
                        """
                        select v.model, coalesce(m.title, m.name), v.number, v.state
                        from model_version v join model m on m.name = v.model
                        where v.lineage ->> 'run' = ? and v.state <> 'DELETED'
                        order by v.created_at desc limit %d
                        """
                                .formatted(MOST),
                        row -> {
                            var model = row.getString(1);
                            var state = row.getString(4);
                            return new Named(
                                    model,
                                    new Made(
                                            row.getString(2) + " v" + row.getInt(3),
                                            "/models/" + model + "/versions/" + row.getInt(3),
                                            state.equals("READY")
                                                    ? "ok"
                                                    : state.equals("REFUSED") ? "fail" : "run",
                                            state.equals("READY")
                                                    ? "Ready"
                                                    : state.equals("REFUSED")
                                                            ? "Refused"
                                                            : "Being scanned"));
                        },
                        run.hex())
                .stream()
                .filter(named -> !sight.closes(Resource.model(named.model)))
                .map(Named::made)
                .toList();
    }

    private record Named(String model, Made made) {}

    @Override
    public String registration(String source) {
        return "/models/from-run?source=" + URLEncoder.encode(source, StandardCharsets.UTF_8);
    }
}
