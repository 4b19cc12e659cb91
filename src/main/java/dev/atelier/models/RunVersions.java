package dev.atelier.models;

import dev.atelier.experiments.MadeVersions;
import dev.atelier.experiments.Run;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
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
    private final Caller caller;

    RunVersions(Sql sql, Sight sight, Caller caller) {
        this.sql = sql;
        this.sight = sight;
        this.caller = caller;
    }

    @Override
    public List<Made> of(Run run) {
        return sql
                .list(
                        """
                        select v.model, coalesce(m.title, m.name), v.number, v.state,
                               array(select a.alias from model_alias a
                                     where a.model = v.model and a.number = v.number order by 1)
                        from model_version v join model m on m.name = v.model
                        where v.lineage ->> 'run' = ? and v.state <> 'DELETED'
                        order by v.created_at desc limit %d
                        """
                                .formatted(MOST),
                        row ->
                                new Version(
                                        row.getString(1),
                                        row.getString(2),
                                        row.getInt(3),
                                        ModelVersion.State.valueOf(row.getString(4)),
                                        List.of((String[]) row.getArray(5).getArray())),
                        run.hex())
                .stream()
                .filter(version -> !sight.closes(Resource.model(version.model)))
                .map(this::made)
                .toList();
    }

    private record Version(
            String model,
            String title,
            int number,
            ModelVersion.State state,
            List<String> aliases) {}

    private Made made(Version version) {
        var address = "/models/%s/versions/%d".formatted(version.model, version.number);
        return new Made(
                version.title + " v" + version.number,
                address,
                version.state.status(),
                version.state.label(),
                version.aliases,
                address + "/lineage",
                version.state == ModelVersion.State.READY
                                && caller.may(Permission.MODEL_ALIAS, Resource.model(version.model))
                        ? Promotions.address(version.model, version.number, Aliases.CHAMPION)
                        : null);
    }

    @Override
    public String registration(String source) {
        return "/models/from-run?source=" + URLEncoder.encode(source, StandardCharsets.UTF_8);
    }
}
