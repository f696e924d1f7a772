import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.javarosa.core.model.*;
import org.javarosa.core.model.instance.*;
import org.javarosa.core.model.utils.*;
import org.javarosa.core.reference.*;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.core.services.properties.IPropertyRules;
import org.javarosa.core.services.IPropertyManager;
import org.javarosa.form.api.*;
import org.javarosa.model.xform.*;
import org.javarosa.xform.parse.XFormParser;
import org.javarosa.xform.util.XFormUtils;

/**
 * Reads finished instances into JavaRosa as ODK Collect does when one is opened again, validates them, and writes them
 * once more. One line of input for each: FORM.xml, a tab, INSTANCE.xml. One line of output: "ok" or what stands in the
 * way, a tab, and the instance as JavaRosa writes it, in base64.
 */
public class JavaRosaReads {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
        System.setOut(System.err);
        new XFormsModule().registerModule();
        PropertyManager.setPropertyManager(new Nothing());
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] paths = line.split("\t");
            try {
                ReferenceManager.instance().reset();
                ReferenceManager.instance().addReferenceFactory(new Beside(Paths.get(paths[0]).toAbsolutePath().getParent()));
                FormDef form = XFormUtils.getFormFromInputStream(new ByteArrayInputStream(Files.readAllBytes(Paths.get(paths[0]))));
                TreeElement saved = XFormParser.restoreDataModel(Files.readAllBytes(Paths.get(paths[1])), null).getRoot();
                TreeElement root = form.getMainInstance().getRoot().deepCopy(true);
                root.populate(saved, form);
                form.getMainInstance().setRoot(root);
                form.initialize(false, new InstanceInitializationFactory());
                ValidateOutcome outcome = form.validate();
                boolean well = outcome == null || outcome.outcome == FormEntryController.ANSWER_OK;
                byte[] xml = new XFormSerializingVisitor().serializeInstance(form.getMainInstance());
                out.println((well ? "ok" : outcome.failedPrompt.getReference() + " " + outcome.outcome) + "\t"
                    + Base64.getEncoder().encodeToString(xml));
            } catch (Throwable wrong) {
                out.println(String.valueOf(wrong).replaceAll("\\s+", " ") + "\t");
            }
        }
    }

    /** A device that tells nothing of itself. */
    static class Nothing implements IPropertyManager {
        public List<String> getProperty(String name) { return new ArrayList<>(); }
        public void setProperty(String name, String value) {}
        public void setProperty(String name, List<String> value) {}
        public String getSingularProperty(String name) { return ""; }
        public void addRules(IPropertyRules rules) {}
        public List<IPropertyRules> getRules() { return new ArrayList<>(); }
    }

    /** The files beside a form. */
    static class Beside extends PrefixedRootFactory {
        final Path folder;
        Beside(Path folder) {
            super(new String[] {"file", "file-csv", "images", "audio", "video"});
            this.folder = folder;
        }
        protected Reference factory(String terminal, String uri) {
            Path file = folder.resolve(terminal.replaceFirst("^/+", ""));
            return new Reference() {
                public String getLocalURI() { return file.toString(); }
                public String getURI() { return uri; }
                public boolean isReadOnly() { return true; }
                public boolean doesBinaryExist() { return Files.exists(file); }
                public InputStream getStream() throws IOException { return Files.newInputStream(file); }
                public OutputStream getOutputStream() throws IOException { throw new IOException("read only"); }
                public void remove() throws IOException { throw new IOException("read only"); }
                public Reference[] probeAlternativeReferences() { return new Reference[0]; }
            };
        }
    }
}
