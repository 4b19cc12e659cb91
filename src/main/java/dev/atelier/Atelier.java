package dev.atelier;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.database.Database;
import dev.atelier.platform.database.EmbeddedDatabase;
import dev.atelier.platform.web.Address;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/** Starts the portal: the embedded database first when no other is configured, then Quarkus. */
@NullMarked
@QuarkusMain
public class Atelier implements QuarkusApplication {

    private static final CountDownLatch PORTAL_ENDED = new CountDownLatch(1);
    private static volatile int code;

    public static void main(String... args) {
        try {
            Rehearsal.prepareIfWanted();
            Address.refuseIfTaken();
            Address.trustProxies();
            Database.prepare(System.out::println);
        } catch (CannotStart e) {
            System.err.println("atelier: " + e.getMessage());
            System.exit(1);
        }
        // The database goes last: requests that are under way at a signal still need it.
        Runtime.getRuntime().addShutdownHook(new Thread(Atelier::stopDatabase, "database-stop"));
        Quarkus.run(Atelier.class, Atelier::ended, args);
        PORTAL_ENDED.countDown();
        System.exit(code);
    }

    private static void ended(Integer result, @Nullable Throwable failure) {
        code = result;
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CannotStart) {
                System.err.println("atelier: " + cause.getMessage());
                return;
            }
        }
        if (failure != null) {
            System.err.println("atelier: the portal did not start, or ended by a defect:");
            failure.printStackTrace();
        }
    }

    private static void stopDatabase() {
        try {
            // Longer than quarkus.shutdown.timeout.
            if (!PORTAL_ENDED.await(45, TimeUnit.SECONDS)) {
                System.err.println(
                        "atelier: the portal did not end in time; stopping its database");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        EmbeddedDatabase.stop();
    }

    @Override
    public int run(String... args) {
        if (Rehearsal.isWanted()) {
            return Rehearsal.run();
        }
        Quarkus.waitForExit();
        return 0;
    }
}
