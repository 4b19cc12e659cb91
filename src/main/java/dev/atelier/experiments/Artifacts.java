package dev.atelier.experiments;

import dev.atelier.experiments.ArtifactPlace.Holder;
import dev.atelier.identity.Audit;
import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.BundlePath;
import dev.atelier.platform.blobs.Staged;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Files of runs and logged models; their bytes are blobs. */
@ApplicationScoped
public class Artifacts {

    /**
     * A file, or a folder that has some below it.
     *
     * @param name the last part of its path
     * @param size bytes; 0 for a folder
     */
    public record Entry(String name, boolean folder, long size) {}

    /**
     * @param path from the root of its run or model
     */
    public record File(String path, Blob blob) {}

    private final Sql sql;
    private final Blobs blobs;
    private final Transaction transaction;
    private final Runs runs;
    private final LoggedModels models;
    private final Audit audit;
    private final ExperimentsConfig config;

    Artifacts(
            Sql sql,
            Blobs blobs,
            Transaction transaction,
            Runs runs,
            LoggedModels models,
            Audit audit,
            ExperimentsConfig config) {
        this.sql = sql;
        this.blobs = blobs;
        this.transaction = transaction;
        this.runs = runs;
        this.models = models;
        this.audit = audit;
        this.config = config;
    }

    /**
     * The experiment that decides who may do what with it.
     *
     * @throws NotFound when the run or model is not there, or not in that experiment
     */
    public long experimentOf(ArtifactPlace place) {
        var experiment =
                switch (place.holder()) {
                    case RUN -> runs.experimentOf(place.id());
                    case LOGGED_MODEL -> models.experimentOf(place.id());
                };
        if (experiment != place.experiment()) {
            throw new NotFound("There are no artifacts at \"%s\".".formatted(place.root().uri()));
        }
        return experiment;
    }

    /**
     * Takes in a file and replaces what was at its path.
     *
     * @param length bytes that were announced, or −1
     * @throws Invalid when fewer bytes came, or the path cannot be
     */
    void put(ArtifactPlace place, InputStream body, long length, String owner) throws IOException {
        checkPath(place);
        var staged = blobs.stage(body, owner, config.maxArtifactSize().asLongValue(), length);
        try {
            if (length >= 0 && staged.size() != length) {
                throw new Invalid(
                        "Only %d of %d bytes came. Nothing was kept. Send it again."
                                .formatted(staged.size(), length));
            }
            keep(place, staged);
        } catch (IOException | RuntimeException e) {
            blobs.discard(List.of(staged));
            throw e;
        }
    }

    /** Makes staged bytes the file at a place. */
    void keep(ArtifactPlace place, Staged staged) throws IOException {
        var compared = blobs.prepare(List.of(staged));
        transaction.run(
                () -> {
                    if (place.holder() == Holder.RUN) {
                        runs.requireLive(place.id());
                    }
                    adopt(staged, compared);
                    put(place, new Blob(staged.digest(), staged.size()));
                    Failpoints.hit("artifact.kept");
                });
    }

    private void adopt(Staged staged, Set<String> compared) {
        try {
            blobs.adopt(List.of(staged), compared);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void put(ArtifactPlace place, Blob blob) {
        refuseFileAsFolder(place);
        var holder = place.holder();
        sql.update(
                """
                insert into %1$s (%2$s, path, digest, size) values (?, ?, ?, ?)
                on conflict (%2$s, path) do update
                set digest = excluded.digest, size = excluded.size, at = clock_timestamp()
                """
                        .formatted(holder.table(), holder.column()),
                place.id(),
                place.path(),
                blob.digest(),
                blob.size());
    }

    static void checkPath(ArtifactPlace place) {
        var fault = BundlePath.fault(place.path());
        if (fault == null && place.path().indexOf('#') >= 0) {
            fault = "holds a #, which clients do not take";
        }
        if (fault != null) {
            throw new Invalid("Invalid path: an artifact's path %s.".formatted(fault));
        }
    }

    /** A client could not download a folder beside a file of the same name. */
    private void refuseFileAsFolder(ArtifactPlace place) {
        var holder = place.holder();
        var above = new ArrayList<String>();
        for (int i = place.path().indexOf('/'); i > 0; i = place.path().indexOf('/', i + 1)) {
            above.add(place.path().substring(0, i));
        }
        var other =
                sql.first(
                        """
                        select path from %s where %s = ?
                          and (path = any(?) or path ^@ ?) limit 1
                        """
                                .formatted(holder.table(), holder.column()),
                        row -> row.getString(1),
                        place.id(),
                        above.toArray(String[]::new),
                        place.path() + "/");
        if (other.isPresent()) {
            throw new Invalid(
                    "'%s' and '%s' cannot both be there: one is a file where the other has a folder."
                            .formatted(place.path(), other.get()));
        }
    }

    /** What lies directly in a folder, by name; nothing for a file or what is not there. */
    List<Entry> list(ArtifactPlace folder) {
        var holder = folder.holder();
        var prefix = folder.path().isEmpty() ? "" : folder.path() + "/";
        return sql.list(
                """
                select name, bool_or(deeper), coalesce(sum(size) filter (where not deeper), 0)::bigint
                from (select split_part(rest, '/', 1) as name, strpos(rest, '/') > 0 as deeper, size
                      from (select substr(path, length(?) + 1) as rest, size
                            from %s where %s = ? and path ^@ ?) as below) as parts
                group by name order by name collate "C"
                """
                        .formatted(holder.table(), holder.column()),
                row -> new Entry(row.getString(1), row.getBoolean(2), row.getLong(3)),
                prefix,
                folder.id(),
                prefix);
    }

    Optional<File> find(ArtifactPlace place) {
        var holder = place.holder();
        return sql.first(
                "select path, digest, size from %s where %s = ? and path = ?"
                        .formatted(holder.table(), holder.column()),
                row -> new File(row.getString(1), new Blob(row.getString(2), row.getLong(3))),
                place.id(),
                place.path());
    }

    /** Every file in a folder and below it, with its path from that folder on. */
    public List<File> below(ArtifactPlace folder) {
        var holder = folder.holder();
        var prefix = folder.path().isEmpty() ? "" : folder.path() + "/";
        return sql.list(
                """
                select substr(path, length(?) + 1), digest, size from %s
                where %s = ? and path ^@ ? order by path
                """
                        .formatted(holder.table(), holder.column()),
                row -> new File(row.getString(1), new Blob(row.getString(2), row.getLong(3))),
                prefix,
                folder.id(),
                prefix);
    }

    /** Takes away a file, or a folder with all below it. */
    @Transactional
    void delete(ArtifactPlace place) {
        var holder = place.holder();
        var gone =
                sql.update(
                        "delete from %s where %s = ? and (path = ? or path ^@ ?)"
                                .formatted(holder.table(), holder.column()),
                        place.id(),
                        place.path(),
                        place.path().isEmpty() ? "" : place.path() + "/");
        if (gone > 0) {
            audit.record(
                    "artifact.delete",
                    Experiment.ref(place.experiment()),
                    Map.of("at", place.uri(), "files", gone));
        }
    }
}
