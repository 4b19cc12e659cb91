package dev.atelier.transfer;

import dev.atelier.experiments.ArtifactPlace;
import dev.atelier.experiments.Intake;
import dev.atelier.platform.problems.OutOfSpace;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.problems.Unavailable;
import java.io.IOException;

/** Takes the files of runs and logged models over. */
final class ArtifactImport {

    private static final int TRIES = 3;

    private final ImportPass pass;
    private final Intake intake;

    ArtifactImport(ImportPass pass, Intake intake) {
        this.pass = pass;
        this.intake = intake;
    }

    @FunctionalInterface
    interface Listing {
        void to(Source.Visitor<Source.File> visitor) throws IOException;
    }

    /** How many files came, and their bytes. */
    record Taken(long count, long bytes) {
        private static final Taken NOTHING = new Taken(0, 0);
    }

    /** Those that are not there yet; none when nobody asked for files. */
    Taken take(ArtifactPlace root, Listing listing, ImportPass.Counting left) throws IOException {
        if (!pass.one.options().artifacts()) {
            return Taken.NOTHING;
        }
        var there = intake.files(root);
        var taken = new long[2];
        try {
            listing.to(
                    file -> {
                        var size = there.get(file.path());
                        if (size != null && (file.size() < 0 || file.size() == size)) {
                            return;
                        }
                        if (file(root, file, left)) {
                            taken[0]++;
                            taken[1] += Math.max(0, file.size());
                            pass.watch.moved();
                        }
                    });
        } catch (Source.Unusable e) {
            throw e;
        } catch (IOException e) {
            if (e instanceof Source.Away && !pass.source.answers()) {
                throw e;
            }
            left.outForNow("artifacts", "", "They cannot all be listed. " + e.getMessage());
        }
        return new Taken(taken[0], taken[1]);
    }

    private boolean file(ArtifactPlace root, Source.File file, ImportPass.Counting left)
            throws IOException {
        for (int tries = 1; ; tries++) {
            try (var bytes = Watched.open(file, pass.watch)) {
                intake.file(root, file.path(), bytes, file.size(), pass.one.createdBy());
                return true;
            } catch (Source.Unusable e) {
                throw e;
            } catch (OutOfSpace | Unavailable e) {
                throw e;
            } catch (Problem e) {
                left.out("artifact", file.path(), e.detail());
                return false;
            } catch (IOException e) {
                if (e instanceof Source.Away && !pass.source.answers()) {
                    throw e;
                }
                if (tries == TRIES || e instanceof Source.Away) {
                    left.outForNow("artifact", file.path(), e.getMessage());
                    return false;
                }
            }
        }
    }
}
