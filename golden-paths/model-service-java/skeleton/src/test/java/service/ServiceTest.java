package service;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ModelServer.class)
class ServiceTest {

  private static final String GOOD = "{\"instances\": [{\"size\": 1.5, \"island\": \"a\"}]}";

  @BeforeEach
  void a_server_that_answers() {
    ModelServer.instead = 0;
  }

  private static ValidatableResponse ask(String body) {
    return given().contentType("application/json").body(body).post("/predictions").then();
  }

  @Test
  void answers_each_instance_with_the_outputs_of_the_model() {
    ask("""
        {"instances": [{"size": 1.5, "island": "a"}, {"size": [2], "island": "b"}]}
        """)
        .statusCode(200)
        .body("predictions[0].double", equalTo(3.0f))
        .body("predictions[1].pair", equalTo(List.of(2, -2.0f)));

    var call = new JsonPath(ModelServer.call);
    assertEquals(List.of(2, 1), call.getList("inputs[1].shape"));
    assertEquals(List.of("a", "b"), call.getList("inputs[1].data"));
    assertEquals("Bearer a-token", ModelServer.authorization);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"size\": 1} | instances[0].island is missing",
        "{\"size\": 1, \"island\": \"a\", \"x\": 1} | takes no \"x\"",
        "{\"size\": \"big\", \"island\": \"a\"} | takes FP32",
        "{\"size\": true, \"island\": \"a\"} | takes FP32",
        "{\"size\": null, \"island\": \"a\"} | takes FP32",
        "{\"size\": [1, 2], \"island\": \"a\"} | has 2 values, not 1"
      })
  void says_what_is_wrong_with_an_instance(String instance, String reason) {
    ask("{\"instances\": [" + instance + "]}")
        .statusCode(422)
        .body("detail", containsString(reason));
  }

  @Test
  void takes_some_instances_not_none_and_not_any_number() {
    ask("{\"instances\": []}").statusCode(422);
    ask("{}").statusCode(422);
    ask("{\"instances\": [null]}").statusCode(422);
    ask("{\"instances\": [" + "{},".repeat(1_000) + "{}]}").statusCode(422);
    ask("{\"instances\": ").statusCode(400);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 500})
  void tells_that_the_models_server_refuses(int status) {
    ModelServer.instead = status;

    ask(GOOD)
        .statusCode(502)
        .body("detail", containsString("answers " + status))
        .body("detail", not(containsString("a-token")));
    given().get("/health/ready").then().statusCode(502);
    given().get("/health/live").then().statusCode(200);
  }

  @Test
  void tells_that_the_model_does_not_answer_in_time() {
    ModelServer.instead = -1;

    ask(GOOD).statusCode(504).header("Retry-After", "5");
  }

  @Test
  void says_what_the_model_takes_and_that_it_answers() {
    given().get("/model").then().statusCode(200).body("inputs.name", hasItems("size", "island"));
    given().get("/health/ready").then().statusCode(200).body(equalTo("{\"status\":\"ok\"}"));
    assertEquals(Map.of("status", "ok"), given().get("/health/live").as(Map.class));
  }
}
