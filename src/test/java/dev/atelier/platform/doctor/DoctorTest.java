package dev.atelier.platform.doctor;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.doctor.Finding.Level;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.UUID;
import javax.sql.DataSource;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The doctor")
class DoctorTest {

    @Inject DataSource database;
    @Inject Sql sql;

    private Examination examine() {
        return Examination.of(new Installation(DataFolder.path(), database, true, true), true);
    }

    private static Examination.Subject subject(Examination found, String name) {
        return found.subjects().stream()
                .filter(subject -> subject.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void finds_the_embedded_database_durable_with_all_tables() {
        var found = subject(examine(), "Database");

        assertThat(found.findings())
                .extracting(Finding::what)
                .contains("What it confirms is on the disk (fsync, synchronous_commit are on)")
                .anyMatch(what -> what.matches("\\d+ migrations applied, none is missing"));
    }

    @Test
    void names_blobs_whose_files_are_gone_shortened_or_changed() throws Exception {
        var gone = blob("gone", null);
        var shortened = blob("shortened", "shor");
        var changed = blob("changed", "chANged");
        try {
            var found = subject(examine(), "Blobs");

            assertThat(found.worst()).isEqualTo(Level.PROBLEM);
            assertThat(found.findings())
                    .filteredOn(finding -> finding.level() == Level.PROBLEM)
                    .extracting(Finding::what)
                    .anyMatch(what -> what.contains("gone") && what.contains(gone))
                    .anyMatch(what -> what.contains("length") && what.contains(shortened))
                    .anyMatch(what -> what.contains("do not hold") && what.contains(changed));
        } finally {
            sql.update(
                    "delete from blob where digest = any(?)",
                    (Object) new String[] {gone, shortened, changed});
        }
    }

    /** A row for a text, and a file at its address that holds another one. */
    private String blob(String text, String held) throws Exception {
        var bytes = (text + UUID.randomUUID()).getBytes();
        var digest =
                HexFormat.of()
                        .formatHex(
                                java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
        sql.update(
                "insert into blob (digest, size, chunks) values (?, ?, ''::bytea)",
                digest,
                held == null || held.length() < text.length() ? bytes.length : held.length());
        if (held != null) {
            Path file =
                    DataFolder.part("blobs")
                            .resolve("sha256")
                            .resolve(digest.substring(0, 2))
                            .resolve(digest.substring(2, 4))
                            .resolve(digest);
            Files.createDirectories(file.getParent());
            Files.writeString(file, held);
        }
        return digest;
    }

    @Test
    void says_what_it_could_not_look_at_without_a_database() {
        var found = Examination.of(new Installation(DataFolder.path(), null, false, false), false);

        assertThat(subject(found, "Catalog").findings())
                .containsExactly(Finding.note("Not looked at: that needs the database."));
    }

    @Test
    void shows_the_same_on_a_page() {
        var page = Jsoup.parse(given().accept("text/html").get("/admin/system").asString());

        assertThat(page.select("h2").eachText())
                .contains("Machine", "Data folder", "Database", "Models", "Catalog", "Sandbox");
        assertThat(page.select("footer a[href=/admin/system]").text()).isEqualTo("Status");
    }
}
