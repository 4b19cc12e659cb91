package dev.atelier.monitoring;

import dev.atelier.models.Versions;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What counting beside the calls has to do with the database. */
@ApplicationScoped
class ServedStore implements CountStore {

    /** Where this portal's own runners are. */
    static final String SITE = "hub";

    private final Versions versions;
    private final References references;
    private final Windows windows;
    private final Labels labels;
    private final Intake intake;
    private final Transaction transaction;

    ServedStore(
            Versions versions,
            References references,
            Windows windows,
            Labels labels,
            Intake intake,
            Transaction transaction) {
        this.versions = versions;
        this.references = references;
        this.windows = windows;
        this.labels = labels;
        this.intake = intake;
        this.transaction = transaction;
    }

    @Override
    public Optional<Known> find(String model, int version) {
        try {
            var found = versions.find(model, Integer.toString(version));
            return Optional.of(
                    new Known(
                            ServedTable.of(found),
                            references.current(found.model(), found.number()).orElse(null)));
        } catch (NotFound _) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<Now> write(
            String model, int version, ServedVersion.Taken taken, @Nullable StoredReference known) {
        return transaction.call(
                () -> {
                    if (!intake.hold(model, version)) {
                        return Optional.<Now>empty();
                    }
                    for (var one : taken.counted()) {
                        windows.add(model, version, SITE, one.reference(), one.hours());
                    }
                    labels.keep(model, version, SITE, taken.kept());
                    if (!taken.early().isEmpty()) {
                        intake.takeServed(model, version, SITE, taken.early());
                    }
                    taken.lost()
                            .forEach(
                                    (start, rows) ->
                                            windows.lose(model, version, SITE, start, rows));
                    return Optional.of(new Now(current(model, version, known)));
                });
    }

    /** The reference in use; a profile is long, so it is read only when it is another one. */
    private @Nullable StoredReference current(
            String model, int version, @Nullable StoredReference known) {
        var id = references.currentId(model, version);
        return known != null && id.isPresent() && id.get() == known.id()
                ? known
                : references.current(model, version).orElse(null);
    }
}
