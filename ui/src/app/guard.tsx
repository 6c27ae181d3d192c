// What breaks while it is drawn takes itself away and says so; everything around it stays.
import { Component, type ComponentChildren } from "preact";
import { messageOf } from "../api/client";
import { Empty } from "./empty";

type Props = {
  /** What it is called in what is said. */
  what: string;
  /** Tries again when this changes. */
  about: string;
  children: ComponentChildren;
};

export class Guard extends Component<Props, { error: string | undefined }> {
  override state = { error: undefined };

  static override getDerivedStateFromError = (error: unknown): { error: string } => ({
    error: messageOf(error),
  });

  override componentDidUpdate(before: Props): void {
    if (this.state.error !== undefined && before.about !== this.props.about)
      this.setState({ error: undefined });
  }

  override render({ what, children }: Props): ComponentChildren {
    return this.state.error === undefined ? (
      children
    ) : (
      <Empty bad title={`${what} cannot be drawn`} text={this.state.error} />
    );
  }
}
