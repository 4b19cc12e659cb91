package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Output;

record Label(String title, String text) implements Part {
    @Override
    public String summary() {
        return text;
    }

    static String text(Output output, double value) {
        var index = (int) value;
        return index == value && index >= 0 && index < output.labels().size()
                ? output.labels().get(index)
                : Form.number(value);
    }
}
