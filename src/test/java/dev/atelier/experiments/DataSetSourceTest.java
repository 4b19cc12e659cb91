package dev.atelier.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The source of a data set")
class DataSetSourceTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    http  | {"url": "https://example.com/wine.csv"} | https://example.com/wine.csv
                    local | {"uri": "/data/wine.csv"}               | /data/wine.csv
                    hugging_face | {"path": "imdb", "revision": null} | imdb
                    code  | {"tags": {"mlflow.source.name": "train.py", "mlflow.source.git.commit": "742219cb14c02d21ea72"}} | made by train.py at 742219cb14
                    code  | {"tags": {"mlflow.source.name": "train.py"}} | made by train.py
                    code  | {"tags": {}} | code {"tags": {}}
                    mine  | no JSON      | mine no JSON
                    mine  | [1]          | mine [1]
                    mine  | {"url": {}}  | mine {"url": {}}
                    """)
    void is_said_in_words(String type, String source, String words) {
        assertThat(DataSetSource.words(type, source)).isEqualTo(words);
    }
}
