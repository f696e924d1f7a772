import java.io.*;
import java.nio.file.*;
import java.util.*;
import org.javarosa.core.model.*;
import org.javarosa.core.model.data.*;
import org.javarosa.core.model.instance.*;
import org.javarosa.core.services.PrototypeManager;
import org.javarosa.form.api.*;
import org.javarosa.model.xform.*;
import org.javarosa.xform.util.XFormUtils;

/**
 * Times JavaRosa, the engine of ODK Collect, at what Parvis's engine is timed at: milliseconds, warm, the median.
 *
 * java -cp ODK_Validate.jar JavaRosaTimes.java load FORM.xml TIMES
 * java -cp ODK_Validate.jar JavaRosaTimes.java answer FORM.xml TIMES REF VALUE VALUE
 * java -cp ODK_Validate.jar JavaRosaTimes.java filter FORM.xml TIMES REF,REF,REF VALUE,VALUE VALUE,VALUE
 * java -cp ODK_Validate.jar JavaRosaTimes.java repeat FORM.xml TIMES REPEAT QUESTION,QUESTION,… COUNT,COUNT,…
 *
 * Prints one number, or for `repeat` one for each count, separated by spaces.
 */
public class JavaRosaTimes {
    static PrintStream said;
    static FormDef form;
    static FormEntryModel model;
    static FormEntryController controller;

    public static void main(String[] args) throws Exception {
        said = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
        System.setOut(System.err);
        new XFormsModule().registerModule();
        byte[] xml = Files.readAllBytes(Paths.get(args[1]));
        int times = Integer.parseInt(args[2]);
        switch (args[0]) {
            case "load": load(xml, times); break;
            case "answer": answer(xml, times, args[3], args[4], args[5]); break;
            case "filter": filter(xml, times, args[3].split(","), args[4].split(","), args[5].split(",")); break;
            case "repeat": repeat(xml, times, args[3], args[4].split(","), args[5].split(",")); break;
            default: throw new IllegalArgumentException(args[0]);
        }
    }

    static void open(byte[] xml) throws Exception {
        form = XFormUtils.getFormFromInputStream(new ByteArrayInputStream(xml));
        form.initialize(true, new InstanceInitializationFactory());
        model = new FormEntryModel(form);
        controller = new FormEntryController(model);
    }

    static void load(byte[] xml, int times) throws Exception {
        List<Double> took = new ArrayList<>();
        for (int i = 0; i < times * 2; i++) {
            long start = System.nanoTime();
            open(xml);
            if (i >= times) took.add((System.nanoTime() - start) / 1e6);
        }
        said.println(median(took));
    }

    static void answer(byte[] xml, int times, String ref, String one, String other) throws Exception {
        open(xml);
        FormIndex index = find(ref);
        List<Double> took = new ArrayList<>();
        for (int i = 0; i < times * 2; i++) {
            IAnswerData data = read(index, i % 2 == 0 ? one : other);
            long start = System.nanoTime();
            controller.answerQuestion(index, data, true);
            if (i >= times) took.add((System.nanoTime() - start) / 1e6);
        }
        said.println(median(took));
    }

    /** Answers the first questions by turns, and asks for the choices of the last one each time. */
    static void filter(byte[] xml, int times, String[] refs, String[] ones, String[] others) throws Exception {
        open(xml);
        List<Double> took = new ArrayList<>();
        int seen = 0;
        for (int i = 0; i < times * 2; i++) {
            String[] values = i % 2 == 0 ? ones : others;
            long start = System.nanoTime();
            for (int at = 0; at < values.length; at++) {
                FormIndex index = find(refs[at]);
                for (SelectChoice choice : model.getQuestionPrompt(index).getSelectChoices())
                    if (choice.getValue().equals(values[at]))
                        controller.answerQuestion(index, new SelectOneData(choice.selection()), true);
            }
            seen += model.getQuestionPrompt(find(refs[values.length])).getSelectChoices().size();
            if (i >= times) took.add((System.nanoTime() - start) / 1e6);
        }
        if (seen == 0) throw new IllegalStateException("no choices");
        said.println(median(took));
    }

    /** Adds instances and answers their questions; says how long adding and answering the last one took. */
    static void repeat(byte[] xml, int times, String ref, String[] questions, String[] counts) throws Exception {
        int most = Integer.parseInt(counts[counts.length - 1]);
        Map<Integer, List<Double>> took = new TreeMap<>();
        for (int i = 0; i < times * 2; i++) {
            open(xml);
            model.setQuestionIndex(FormIndex.createBeginningOfFormIndex());
            int event = controller.stepToNextEvent();
            int had = 0;
            while (event != FormEntryController.EVENT_END_OF_FORM && had < most) {
                if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT) {
                    long start = System.nanoTime();
                    controller.newRepeat();
                    had++;
                    if (i >= times) took.computeIfAbsent(had, k -> new ArrayList<>()).add((System.nanoTime() - start) / 1e6);
                } else if (event == FormEntryController.EVENT_QUESTION) {
                    controller.answerQuestion(model.getFormIndex(), read(model.getFormIndex(), "3"), true);
                }
                event = controller.stepToNextEvent();
            }
        }
        StringBuilder line = new StringBuilder();
        for (String count : counts) {
            List<Double> near = new ArrayList<>();
            for (int at = Integer.parseInt(count) - 9; at <= Integer.parseInt(count); at++)
                near.addAll(took.getOrDefault(at, Collections.emptyList()));
            line.append(median(near)).append(" ");
        }
        said.println(line.toString().trim());
    }

    static FormIndex find(String ref) {
        model.setQuestionIndex(FormIndex.createBeginningOfFormIndex());
        int event = controller.stepToNextEvent();
        while (event != FormEntryController.EVENT_END_OF_FORM) {
            FormIndex index = model.getFormIndex();
            if (event == FormEntryController.EVENT_QUESTION && index.getReference().toString(false).equals(ref)) return index;
            event = controller.stepToNextEvent();
        }
        throw new IllegalArgumentException(ref);
    }

    static IAnswerData read(FormIndex index, String value) {
        return AnswerDataFactory.templateByDataType(model.getQuestionPrompt(index).getDataType()).cast(new UncastData(value));
    }

    static double median(List<Double> took) {
        Collections.sort(took);
        return took.get(took.size() / 2);
    }
}
