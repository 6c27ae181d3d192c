// A question before something is done that is not to be done by accident: over the page, answered by its button, left by Escape.
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { messageOf } from "../api/client";
import "./question.css";

type QuestionProps = {
  title: string;
  /** What the button is called that does it; without one there is only something to be said. */
  yes?: string;
  /** Does it; what it fails with is said here. */
  onYes?: () => Promise<void>;
  onLeave: () => void;
  children: ComponentChildren;
};

export const Question = ({ title, yes, onYes, onLeave, children }: QuestionProps): JSX.Element => {
  const element = useRef<HTMLDialogElement>(null);
  const busy = useSignal(false);
  const problem = useSignal("");
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // The focus goes back to where it was.
    return () => dialog?.close();
  }, []);
  const run = async (): Promise<void> => {
    busy.value = true;
    problem.value = "";
    try {
      await onYes?.();
    } catch (error) {
      problem.value = messageOf(error);
      busy.value = false;
    }
  };
  return (
    <dialog
      ref={element}
      class="question-box"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onLeave();
      }}
      // What is below has keys of its own.
      onKeyDown={(event) => event.stopPropagation()}
    >
      <h2>{title}</h2>
      {children}
      {problem.value && (
        <p class="critical" role="alert">
          {problem.value}
        </p>
      )}
      <div class="row">
        <span class="grow" />
        <button class="button" type="button" autofocus onClick={onLeave}>
          {yes ? "Cancel" : "Close"}
        </button>
        {yes && (
          <button class="button danger" type="button" disabled={busy.value} onClick={() => void run()}>
            {yes}
          </button>
        )}
      </div>
    </dialog>
  );
};
