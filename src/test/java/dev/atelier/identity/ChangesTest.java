package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("What is kept of a thing")
class ChangesTest {

    @Inject Access access;
    @Inject Sql sql;

    @Test
    void is_read_anew_after_a_change_that_others_looked_at_half_way() {
        var ref = "model:default/half-way";

        QuarkusTransaction.requiringNew()
                .run(
                        () -> {
                            sql.update(
                                    """
                                    insert into resource_policy (resource, visibility, changed_by)
                                    values (?, 'restricted', 'test')
                                    """,
                                    ref);
                            access.forget(ref);
                            assertThat(elsewhere(ref)).isEqualTo(Resource.Visibility.COMPANY);
                        });

        assertThat(elsewhere(ref)).isEqualTo(Resource.Visibility.RESTRICTED);
    }

    /** As another request sees it, outside this transaction. */
    private Resource.Visibility elsewhere(String ref) {
        return CompletableFuture.supplyAsync(() -> access.resource(ref).visibility()).join();
    }
}
