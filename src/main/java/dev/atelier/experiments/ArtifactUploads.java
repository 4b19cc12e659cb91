package dev.atelier.experiments;

import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/**
 * Uploads of artifacts in parts. A part is a blob as soon as it has come; complete, they are read
 * one behind the other into the artifact's own. Parts of uploads that nobody ends are removed after
 * a day.
 */
@ApplicationScoped
class ArtifactUploads {

    /**
     * One that was begun.
     *
     * @param ticket a secret that each part must show: clients send parts without their token
     */
    record Begun(UUID id, String ticket) {}

    private record Upload(ArtifactPlace place, int parts, String createdBy) {}

    private static final int MOST_PARTS = 10_000;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Sql sql;
    private final Blobs blobs;
    private final Transaction transaction;
    private final Artifacts artifacts;
    private final ExperimentsConfig config;

    ArtifactUploads(
            Sql sql,
            Blobs blobs,
            Transaction transaction,
            Artifacts artifacts,
            ExperimentsConfig config) {
        this.sql = sql;
        this.blobs = blobs;
        this.transaction = transaction;
        this.artifacts = artifacts;
        this.config = config;
    }

    @Transactional
    Begun begin(ArtifactPlace place, long parts, String actor) {
        Artifacts.checkPath(place);
        if (parts < 1 || parts > MOST_PARTS) {
            throw new Invalid("An upload has between 1 and %d parts.".formatted(MOST_PARTS));
        }
        sql.update("delete from artifact_upload where expires_at < clock_timestamp()");
        var random = new byte[32];
        RANDOM.nextBytes(random);
        var begun =
                new Begun(
                        UUID.randomUUID(),
                        Base64.getUrlEncoder().withoutPadding().encodeToString(random));
        sql.update(
                """
                insert into artifact_upload (id, ticket, experiment, holder, holder_id, path, parts,
                    created_by)
                values (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                begun.id,
                hash(begun.ticket),
                place.experiment(),
                place.holder().name(),
                place.id(),
                place.path(),
                (int) parts,
                actor);
        return begun;
    }

    private static byte[] hash(String ticket) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(ticket.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Takes in one part; sent again, it replaces the first.
     *
     * @return its digest, which is its ETag
     * @throws Denied when the ticket is not that of the upload
     */
    String put(UUID id, int number, String ticket, InputStream body, long length)
            throws IOException {
        var upload =
                sql.first(
                                """
                                select experiment, holder, holder_id, path, parts, created_by
                                from artifact_upload
                                where id = ? and ticket = ? and expires_at > clock_timestamp()
                                """,
                                ArtifactUploads::read,
                                id,
                                hash(ticket))
                        .orElseThrow(
                                () ->
                                        new Denied(
                                                "This upload does not exist, has ended, or its ticket is another one."));
        if (number < 1 || number > upload.parts) {
            throw new Invalid("The upload has the parts 1 to %d.".formatted(upload.parts));
        }
        var staged =
                blobs.stage(body, upload.createdBy, config.maxArtifactSize().asLongValue(), length);
        try {
            if (length >= 0 && staged.size() != length) {
                throw new Invalid(
                        "Only %d of %d bytes came. Send the part again."
                                .formatted(staged.size(), length));
            }
            var compared = blobs.prepare(List.of(staged));
            transaction.run(
                    () -> {
                        try {
                            blobs.adopt(List.of(staged), compared);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        sql.update(
                                """
                                insert into artifact_upload_part (upload, number, digest, size)
                                values (?, ?, ?, ?)
                                on conflict (upload, number) do update
                                set digest = excluded.digest, size = excluded.size
                                """,
                                id,
                                number,
                                staged.digest(),
                                staged.size());
                    });
        } catch (IOException | RuntimeException e) {
            blobs.discard(List.of(staged));
            throw e;
        }
        return staged.digest();
    }

    private static Upload read(ResultSet row) throws SQLException {
        return new Upload(
                new ArtifactPlace(
                        row.getLong(1),
                        ArtifactPlace.Holder.valueOf(row.getString(2)),
                        row.getObject(3, UUID.class),
                        row.getString(4)),
                row.getInt(5),
                row.getString(6));
    }

    /**
     * Makes the parts the artifact.
     *
     * @throws Invalid when a part is missing
     */
    void complete(UUID id, ArtifactPlace place, String actor) throws IOException {
        var upload = get(id, place);
        var parts =
                sql.list(
                        """
                        select digest, size from artifact_upload_part where upload = ? order by number
                        """,
                        row -> new Blob(row.getString(1), row.getLong(2)),
                        id);
        if (parts.size() != upload.parts) {
            throw new Invalid(
                    "%d of %d parts have come. Send the others, then complete it again."
                            .formatted(parts.size(), upload.parts));
        }
        var size = parts.stream().mapToLong(part -> part.size()).sum();
        var streams =
                Collections.enumeration(
                        parts.stream().map(part -> blobs.open(part.digest())).toList());
        try (var whole = new SequenceInputStream(streams)) {
            artifacts.put(upload.place, whole, size, actor);
        }
        sql.update("delete from artifact_upload where id = ?", id);
    }

    void abort(UUID id, ArtifactPlace place) {
        get(id, place);
        sql.update("delete from artifact_upload where id = ?", id);
    }

    private Upload get(UUID id, ArtifactPlace place) {
        return sql.first(
                        """
                        select experiment, holder, holder_id, path, parts, created_by
                        from artifact_upload where id = ? and expires_at > clock_timestamp()
                        """,
                        ArtifactUploads::read,
                        id)
                .filter(upload -> upload.place.equals(place))
                .orElseThrow(() -> new NotFound("There is no such upload for this artifact."));
    }
}
