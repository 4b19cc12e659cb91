package dev.atelier.monitoring;

/** What figures of quality are called for people. */
final class FigureNames {

    private FigureNames() {}

    static String title(String name) {
        return switch (name) {
            case "accuracy" -> "Accuracy";
            case "precision" -> "Precision";
            case "recall" -> "Recall";
            case "f1" -> "F1";
            case "auroc" -> "AUROC";
            case "logLoss" -> "Log loss";
            case "brier" -> "Brier score";
            case "calibrationError" -> "Calibration error";
            case "mae" -> "MAE";
            case "rmse" -> "RMSE";
            case "mape" -> "MAPE";
            case "r2" -> "R²";
            case "bias" -> "Bias";
            default -> name;
        };
    }

    /** What its value says; empty where that needs no words. */
    static String note(String name) {
        return switch (name) {
            case "accuracy" -> "right answers";
            case "auroc" -> "0.5 is chance";
            case "brier", "calibrationError" -> "0 is best";
            case "mae" -> "mean absolute error";
            case "mape" -> "as a share";
            case "r2" -> "1 is best";
            case "bias" -> "mean of predicted less actual";
            default -> "";
        };
    }
}
