package dev.atelier.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("MLflow's Java client")
class MlflowJavaClientTest {

    @TestHTTPResource("/")
    URI portal;

    private MlflowClient client;
    private String experiment;

    @BeforeEach
    void begins_with_an_experiment() {
        client =
                new MlflowClient(
                        new BasicMlflowHostCreds(
                                portal.toString().replaceAll("/$", ""), Administrator.TOKEN));
        experiment = client.createExperiment("java-" + UUID.randomUUID());
    }

    private String run() {
        return client.createRun(experiment).getRunId();
    }

    @Test
    void records_a_run_and_reads_it_back() {
        var run = run();
        client.logParam(run, "depth", "7");
        client.logMetric(run, "loss", 0.5, 1_700_000_000_000L, 3);
        client.setTag(run, "kind", "test");
        client.logBatch(
                run,
                List.of(
                        Metric.newBuilder()
                                .setKey("nan")
                                .setValue(Double.NaN)
                                .setTimestamp(1)
                                .setStep(0)
                                .build()),
                List.of(Param.newBuilder().setKey("width").setValue("3").build()),
                List.of(RunTag.newBuilder().setKey("more").setValue("x").build()));
        client.deleteTag(run, "more");
        client.setTerminated(run, RunStatus.FINISHED);

        var read = client.getRun(run);

        assertThat(read.getInfo().getStatus()).isEqualTo(RunStatus.FINISHED);
        assertThat(read.getData().getParamsList())
                .extracting(Param::getKey)
                .containsExactly("depth", "width");
        assertThat(read.getData().getMetricsList())
                .extracting(Metric::getValue)
                .containsExactly(0.5, Double.NaN);
        assertThat(read.getData().getTagsList())
                .extracting(RunTag::getKey)
                .contains("kind")
                .doesNotContain("more");
    }

    @Test
    void reads_a_history_of_many_points() {
        var run = run();
        for (int begin = 0; begin < 3_000; begin += 1_000) {
            client.logBatch(
                    run,
                    IntStream.range(begin, begin + 1_000)
                            .mapToObj(
                                    step ->
                                            Metric.newBuilder()
                                                    .setKey("m")
                                                    .setValue(step)
                                                    .setTimestamp(step)
                                                    .setStep(step)
                                                    .build())
                            .toList(),
                    List.of(),
                    List.of());
        }

        assertThat(client.getMetricHistory(run, "m"))
                .extracting(Metric::getStep)
                .isEqualTo(IntStream.range(0, 3_000).mapToObj(Long::valueOf).toList());
    }

    @Test
    void searches_page_by_page() {
        for (int i = 0; i < 5; i++) {
            client.logMetric(run(), "m", i);
        }

        var first =
                client.searchRuns(
                        List.of(experiment),
                        "metrics.m > 0.5",
                        ViewType.ACTIVE_ONLY,
                        3,
                        List.of("metrics.m DESC"));

        assertThat(first.getItems())
                .extracting(run -> run.getData().getMetrics(0).getValue())
                .containsExactly(4.0, 3.0, 2.0);
        assertThat(first.hasNextPage()).isTrue();
        assertThat(first.getNextPage().getItems())
                .extracting(run -> run.getData().getMetrics(0).getValue())
                .containsExactly(1.0);
    }

    @Test
    void deletes_and_restores() {
        var run = run();
        client.deleteRun(run);
        assertThat(client.searchRuns(List.of(experiment), "", ViewType.DELETED_ONLY)).hasSize(1);
        client.restoreRun(run);
        client.renameExperiment(experiment, "renamed-" + experiment);
        client.deleteExperiment(experiment);
        assertThat(client.getExperiment(experiment).getLifecycleStage()).isEqualTo("deleted");
        client.restoreExperiment(experiment);

        assertThat(client.searchRuns(List.of(experiment), "", ViewType.ACTIVE_ONLY)).hasSize(1);
    }

    @Test
    void reads_the_registry() {
        var name = "java-model-" + experiment;
        client.sendPost("registered-models/create", "{\"name\":\"" + name + "\"}");

        assertThat(client.getRegisteredModel(name).getName()).isEqualTo(name);
        assertThat(client.getLatestVersions(name)).isEmpty();
        assertThat(client.searchModelVersions("name = '" + name + "'").getItems()).isEmpty();
    }

    @Test
    void is_told_what_is_wrong() {
        assertThatThrownBy(() -> client.getRun("00000000000000000000000000000000"))
                .isInstanceOf(MlflowHttpException.class)
                .hasMessageContaining("404");
    }
}
